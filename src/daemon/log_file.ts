import { closeSync, constants, createReadStream, existsSync, fstatSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { LogFiles } from '../areas/meta/service';
import type { Level, Sink } from '../kernel/log';

export interface LogLimits {
  readonly maxBytes: number;
  /** Rotated files kept beside the current one. */
  readonly maxFiles: number;
}

/** Lines wait for the end of the event-loop turn, but never more bytes than this. */
const BUFFER_BYTES = 64 * 1024;

/**
 * The log: one file, appended synchronously once per turn. Rotation renames (`zd.log.1` is the newest) and opens a new
 * file, so no line is lost and the limit is checked before each write. A file that somebody moved away is made anew.
 */
export class LogFile implements Sink, LogFiles {
  private fd: number;
  private size: number;
  private buffer: string[] = [];
  private buffered = 0;
  private scheduled = false;
  private lost = 0;

  constructor(
    private readonly file: string,
    private readonly limits: () => LogLimits,
    private readonly also?: Sink,
  ) {
    this.fd = this.open();
    this.size = fstatSync(this.fd).size;
  }

  write(level: Level, line: string): void {
    this.also?.write(level, line);
    this.buffer.push(line);
    this.buffered += line.length;
    if (this.buffered >= BUFFER_BYTES) this.flush();
    else if (!this.scheduled) {
      this.scheduled = true;
      setImmediate(this.flush);
    }
  }

  /** Writes what waits. A full disk drops lines, never the daemon; how many is said as soon as there is room. */
  readonly flush = (): void => {
    this.scheduled = false;
    if (this.buffer.length === 0) return;
    const lines = this.buffer;
    this.buffer = [];
    this.buffered = 0;
    if (this.lost > 0) lines.unshift(JSON.stringify({ ts: new Date().toISOString(), level: 'warn', msg: 'log lines lost', lines: this.lost }));
    const bytes = Buffer.from(`${lines.join('\n')}\n`);
    try {
      if (fstatSync(this.fd).nlink === 0 || !existsSync(this.file)) this.reopen();
      if (this.size > 0 && this.size + bytes.length > this.limits().maxBytes) this.shift();
      for (let done = 0; done < bytes.length;) done += writeSync(this.fd, bytes, done);
      this.size += bytes.length;
      this.lost = 0;
    } catch {
      this.lost += lines.length - (this.lost > 0 ? 1 : 0);
    }
  };

  rotate(): number {
    this.flush();
    this.shift();
    return 1;
  }

  async stats(): Promise<{ name: string; bytes: number; lines: number }[]> {
    this.flush();
    const folder = dirname(this.file);
    return Promise.all(this.files().map(async (name) => ({ name, ...(await measure(join(folder, name))) })));
  }

  close(): void {
    this.flush();
    closeSync(this.fd);
  }

  /** Names of the current file and the rotated ones, newest first. */
  private files(): string[] {
    const name = basename(this.file);
    const number = (file: string) => (file === name ? 0 : Number(file.slice(name.length + 1)));
    return readdirSync(dirname(this.file))
      .filter((file) => file === name || (file.startsWith(`${name}.`) && /^\d+$/.test(file.slice(name.length + 1))))
      .toSorted((a, b) => number(a) - number(b));
  }

  private shift(): void {
    const { maxFiles } = this.limits();
    const rotated = this.files()
      .filter((name) => name !== basename(this.file))
      .map((name) => Number(name.slice(basename(this.file).length + 1)));
    for (const number of rotated.toReversed()) {
      const from = `${this.file}.${number}`;
      if (number >= maxFiles) rmSync(from, { force: true });
      else renameSync(from, `${this.file}.${number + 1}`);
    }
    if (maxFiles > 0) renameSync(this.file, `${this.file}.1`);
    else rmSync(this.file, { force: true });
    this.reopen();
  }

  private reopen(): void {
    const next = this.open();
    closeSync(this.fd);
    this.fd = next;
    this.size = fstatSync(next).size;
  }

  private open(): number {
    return openSync(this.file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  }
}

/** Opened at once, so a rotation meanwhile changes the name and not what is counted. */
async function measure(file: string): Promise<{ bytes: number; lines: number }> {
  const fd = openSync(file, 'r');
  let bytes = 0;
  let lines = 0;
  for await (const chunk of createReadStream(file, { fd }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    for (let at = chunk.indexOf(10); at !== -1; at = chunk.indexOf(10, at + 1)) lines++;
  }
  return { bytes, lines };
}
