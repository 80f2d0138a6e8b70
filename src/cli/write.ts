import { writeSync } from 'node:fs';

/** The reader of our output is gone (`zd … | head`): end quietly, it has what it wanted. */
export class PipeClosed extends Error {}

const text = new TextEncoder();

/** Writes all of it before it returns, so the process may exit right after, also when the pipe is full or non-blocking. */
export function writeAll(fd: 1 | 2, content: string | Uint8Array): void {
  const bytes = typeof content === 'string' ? text.encode(content) : content;
  for (let done = 0; done < bytes.length;) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EAGAIN') Bun.sleepSync(1);
      else if (code === 'EPIPE' || code === 'EBADF') {
        if (fd === 1) throw new PipeClosed();
        return;
      } else throw error;
    }
  }
}
