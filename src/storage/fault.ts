import { ZdError } from '../kernel/error';

/** SQLite's result codes for what no caller can help: the disk is full, failing or read-only, or the file is damaged. */
const MEDIUM_FAULT = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|CORRUPT|NOTADB)/;

export const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** SQLite's own errors under zd's codes; everything else as it is. */
export function storageError(error: unknown): unknown {
  const code = codeOf(error);
  if (code === 'SQLITE_FULL') return new ZdError('storage_full', undefined, { cause: error });
  if (code.startsWith('SQLITE_')) return new ZdError('storage', `The database answered ${code}.`, { cause: error });
  return error;
}

/** Whether the disk or the file was at fault. */
export const isMediumFault = (error: unknown): boolean => MEDIUM_FAULT.test(codeOf(error));
