import { dlopen, FFIType } from 'bun:ffi';
import { ftruncateSync } from 'node:fs';

/** fallocate(2): FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE. */
const PUNCH = 0x02 | 0x01;
type Fallocate = (fd: number, mode: number, offset: number, length: number) => number;

let fallocate: Fallocate | null | undefined;

/**
 * Gives the bytes from 0 to `end` of a file back to the file system. The file keeps its size, so whoever appends to it goes on where
 * he is and every offset keeps its meaning. Resolves to the first offset that is still there: `end`, or, where the system cannot
 * make a hole at the front, the present size.
 */
export function dropFront(fd: number, end: number, size: number): number {
  fallocate ??= load();
  if (fallocate !== null && fallocate(fd, PUNCH, 0, end) === 0) return end;
  // Shrink and stretch: all of it becomes one hole. What is written in between is lost with it.
  ftruncateSync(fd, 0);
  ftruncateSync(fd, size);
  return size;
}

/** Loaded at the first job that is over its limit; null where there is no such call. */
function load(): Fallocate | null {
  if (process.platform !== 'linux') return null;
  for (const library of ['libc.so.6', 'libc.so']) {
    try {
      const { symbols } = dlopen(library, {
        fallocate: { args: [FFIType.i32, FFIType.i32, FFIType.i64, FFIType.i64], returns: FFIType.i32 },
      });
      return symbols.fallocate as unknown as Fallocate;
    } catch {
      // Another libc has another name.
    }
  }
  return null;
}
