import { isAbsolute, join, normalize, relative, sep } from 'node:path';
import { ZdError } from '../../../kernel/error';
import { EXPORTS } from './layout';

/** Where a caller's file is: a bare name is one in the folder for exports; a path is absolute, and not inside the folder zd keeps its own files in. */
export function placeOf(data: string, path: string, field: string): string {
  if (/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}$/.test(path)) return join(data, EXPORTS, path);
  if (!isAbsolute(path) || path.includes('\0'))
    throw new ZdError('bad_args', `${field}: expected an absolute path, or a name alone`, { path: field });
  const file = normalize(path);
  const inside = relative(data, file);
  if (!inside.startsWith('..') && !inside.startsWith(EXPORTS + sep))
    throw new ZdError('bad_args', `${field}: not inside the folder of zd itself`, { path: field });
  return file;
}
