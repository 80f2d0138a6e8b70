import { ZdError } from '../../kernel/error';
import { isKind, placeOf } from './kinds';
import type { Place } from './service';

/** Page tokens hold the place of the last record, so a page does not depend on what changed meanwhile. */
export const encodeCursor = ({ kind, name, shellId }: Place): string => Buffer.from(JSON.stringify([kind, name, shellId])).toString('base64url');

export function decodeCursor(cursor: string): Place {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    parts = null;
  }
  const [kind, name, shellId] = Array.isArray(parts) ? (parts as unknown[]) : [];
  if (typeof kind !== 'string' || !isKind(kind) || typeof name !== 'string' || typeof shellId !== 'string')
    throw new ZdError('bad_args', '/cursor: not a cursor of this operation', { path: '/cursor' });
  return { kind, ord: placeOf(kind, name), name, shellId };
}
