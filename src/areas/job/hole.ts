import { ftruncateSync } from 'node:fs';
import { libcCall } from '../../storage/libc';

/** fallocate(2): FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE. */
const PUNCH = 0x02 | 0x01;

/** Loaded at the first job that is over its limit. */
let fallocate: ReturnType<typeof libcCall> | undefined;

/**
 * Gives the bytes from 0 to `end` of a file back to the file system. The file keeps its size, so whoever appends to it goes on where
 * he is and every offset keeps its meaning. Resolves to the first offset that is still there: `end`, or, where the system cannot
 * make a hole at the front, the present size.
 */
export function dropFront(fd: number, end: number, size: number): number {
  fallocate ??= libcCall('fallocate', ['i32', 'i32', 'i64', 'i64']);
  if (fallocate !== null && fallocate(fd, PUNCH, 0, end) === 0) return end;
  // Shrink and stretch: all of it becomes one hole. What is written in between is lost with it.
  ftruncateSync(fd, 0);
  ftruncateSync(fd, size);
  return size;
}
