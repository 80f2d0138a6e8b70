import { ZdError } from '../../kernel/error';
import type { Mode } from './query_model';

/** Runs a search of the full-text index; an expression a caller wrote that it cannot read is the caller's fault. */
export function storageQuery<T>(mode: Mode, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const { code, message } = error as { code?: string; message?: string };
    if (mode === 'fts' && code === 'SQLITE_ERROR') throw new ZdError('bad_query', `The expression cannot be read: ${message}`, { path: '/filter' });
    throw error;
  }
}
