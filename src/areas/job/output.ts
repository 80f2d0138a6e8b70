import { closeSync, fstatSync, mkdirSync, openSync, readSync, rmSync, statSync } from 'node:fs';

export const CHANNELS = ['stdout', 'stderr'] as const;
export type Channel = (typeof CHANNELS)[number];

/** Where a job's files are. A job that never started has none. */
export class JobFolders {
  constructor(readonly root: string) {
    mkdirSync(root, { recursive: true, mode: 0o700 });
  }

  path(id: number): string {
    return `${this.root}/${id}`;
  }

  file(id: number, channel: Channel): string {
    return `${this.root}/${id}/${channel}`;
  }

  /** Makes the folder, private from its first instant. */
  make(id: number): string {
    const folder = this.path(id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  remove(id: number): void {
    rmSync(this.path(id), { recursive: true, force: true });
  }

  /** Bytes ever written to a channel, dropped ones included. */
  size(id: number, channel: Channel): number {
    return statSync(this.file(id, channel), { throwIfNoEntry: false })?.size ?? 0;
  }

  sizes(id: number): Record<Channel, number> {
    return { stdout: this.size(id, 'stdout'), stderr: this.size(id, 'stderr') };
  }

  /** Up to `length` bytes from an offset; fewer at the end, none when there is no such file. */
  read(id: number, channel: Channel, from: number, length: number): Uint8Array {
    return this.open(id, channel, (fd) => readAt(fd, from, length)) ?? new Uint8Array(0);
  }

  /** Where the last `count` lines begin, looking back no further than `floor`. A line end at the very end closes the last line. */
  lastLines(id: number, channel: Channel, count: number, floor: number): number {
    const found = this.open(id, channel, (fd) => {
      const { size } = fstatSync(fd);
      if (count === 0) return size;
      let left = count;
      for (let end = size; end > floor;) {
        const start = Math.max(floor, end - BLOCK);
        const block = readAt(fd, start, end - start);
        for (let at = block.length - 1; at >= 0; at--) if (block[at] === NEWLINE && start + at !== size - 1 && --left === 0) return start + at + 1;
        end = start;
      }
      return floor;
    });
    return found ?? 0;
  }

  /** Runs with the open file; null when there is none. */
  open<T>(id: number, channel: Channel, use: (fd: number) => T, flags = 'r'): T | null {
    let fd: number;
    try {
      fd = openSync(this.file(id, channel), flags);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    try {
      return use(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Opens files of a folder, mode 0600, for a process that gets them; here they are closed again whatever comes. */
export function withFiles<T>(folder: string, use: (open: (name: string, flags: string) => number) => T): T {
  const opened: number[] = [];
  try {
    return use((name, flags) => {
      const fd = openSync(`${folder}/${name}`, flags, 0o600);
      opened.push(fd);
      return fd;
    });
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

const BLOCK = 64 * 1024;
const NEWLINE = 10;

function readAt(fd: number, from: number, length: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, Math.min(length, fstatSync(fd).size - from)));
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(fd, bytes, done, bytes.length - done, from + done);
    if (got === 0) break;
    done += got;
  }
  return bytes.subarray(0, done);
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The bytes as text, or null when they are not UTF-8. */
export function decode(bytes: Uint8Array): string | null {
  try {
    return strictText.decode(bytes);
  } catch {
    return null;
  }
}

/** The length without a character that was cut off at the end (RFC 3629: at most three of its bytes are there). */
export function wholeCharacters(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back]!;
    if (byte < 0x80) break;
    if (byte < 0xc0) continue;
    const wants = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return wants > back ? bytes.length - back : bytes.length;
  }
  return bytes.length;
}
