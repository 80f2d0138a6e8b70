import { ZdError } from '../kernel/error';

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The file system's own errors under zd's codes; everything else as it is. */
export function blobError(error: unknown): unknown {
  if (error instanceof ZdError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (FULL.has(code)) return new ZdError('storage_full', undefined, { cause: error });
  if (/^E[A-Z]+$/.test(code)) return new ZdError('storage', `The file system answered ${code}.`, { cause: error, hint: 'See `zd doctor`.' });
  return error;
}
