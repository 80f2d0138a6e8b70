import { closeSync, fstatSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { pause } from '../client/follow';

/** Where reading goes on: a file by its inode, and how far it was read. */
export interface Position {
  readonly inode: number;
  readonly offset: number;
}

const POLL_MS = 100;
const NEWLINE = 10;

/** The last `count` lines, reaching back into rotated files (`FILE.1` is the newest of them), and where they end. */
export function lastLines(file: string, count: number): { shown: string[]; position: Position } {
  let shown: string[] = [];
  let position: Position = { inode: 0, offset: 0 };
  for (let number = 0; ; number++) {
    const name = number === 0 ? file : `${file}.${number}`;
    let text: Buffer;
    let inode: number;
    try {
      inode = statSync(name).ino;
      text = readFileSync(name);
    } catch {
      if (number === 0) continue;
      break;
    }
    const end = text.lastIndexOf(NEWLINE) + 1;
    if (number === 0) position = { inode, offset: end };
    shown = [...text.subarray(0, end).toString('utf8').split('\n').slice(0, -1), ...shown];
    if (shown.length >= count) break;
  }
  return { shown: count === 0 ? [] : shown.slice(-count), position };
}

/**
 * Every complete line from a position on, until the signal. Rotation renames: what was left in the old file comes first, then files that
 * were rotated in between, then the new one.
 */
export async function* followLog(file: string, from: Position, signal: AbortSignal): AsyncGenerator<string> {
  let { inode, offset } = from;
  while (!signal.aborted) {
    for (const next of filesSince(file, inode)) {
      const read = readLines(next.name, next.inode === inode ? offset : 0);
      // Rotated between the look and the opening: look again.
      if (read?.inode !== next.inode) break;
      ({ inode, offset } = read);
      yield* read.lines;
    }
    await pause(POLL_MS, signal);
  }
}

/** The file with this inode and everything newer, oldest first; only the current one when it is gone for good. */
function filesSince(file: string, inode: number): { name: string; inode: number }[] {
  const current = inodeOf(file);
  const found: { name: string; inode: number }[] = current === null ? [] : [{ name: file, inode: current }];
  const first = [...found];
  for (let number = 1; inode !== 0 && found.at(-1)?.inode !== inode; number++) {
    const rotated = inodeOf(`${file}.${number}`);
    if (rotated === null) return first;
    found.push({ name: `${file}.${number}`, inode: rotated });
  }
  return found.toReversed();
}

function inodeOf(name: string): number | null {
  try {
    return statSync(name).ino;
  } catch {
    return null;
  }
}

function readLines(name: string, offset: number): { lines: string[]; inode: number; offset: number } | null {
  let fd: number;
  try {
    fd = openSync(name, 'r');
  } catch {
    return null;
  }
  try {
    const { ino, size } = fstatSync(fd);
    const start = size < offset ? 0 : offset;
    const bytes = Buffer.alloc(size - start);
    const length = readSync(fd, bytes, 0, bytes.length, start);
    const end = bytes.subarray(0, length).lastIndexOf(NEWLINE) + 1;
    return { lines: bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1), inode: ino, offset: start + end };
  } finally {
    closeSync(fd);
  }
}
