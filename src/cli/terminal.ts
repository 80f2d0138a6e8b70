import { closeSync, openSync, writeSync } from 'node:fs';
import { ReadStream, WriteStream } from 'node:tty';

const ENTER = '\u001b[?1049h\u001b[?2004h';
const LEAVE = '\u001b[?2004l\u001b[?1049l';

/** The terminal of this process whatever stdin and stdout are, with keys as they are typed and a screen of its own. Closing it puts back what was there. */
export class Terminal {
  private readonly input: ReadStream;
  private readonly output: WriteStream;
  private closed = false;

  private constructor(private readonly fd: number) {
    this.input = new ReadStream(fd);
    this.output = new WriteStream(fd);
    this.input.setRawMode(true);
    this.write(ENTER);
  }

  /** Null when the process has no terminal. */
  static open(): Terminal | null {
    let fd: number;
    try {
      fd = openSync('/dev/tty', 'r+');
    } catch {
      return null;
    }
    try {
      return new Terminal(fd);
    } catch {
      closeSync(fd);
      return null;
    }
  }

  get size(): { readonly columns: number; readonly rows: number } {
    // What it says is what it was told last; asking the system is node's own, though unlisted.
    (this.output as WriteStream & { _refreshSize(): void })._refreshSize();
    const [columns, rows] = this.output.getWindowSize();
    return { columns: columns || 80, rows: rows || 24 };
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length;) {
      try {
        done += writeSync(this.fd, bytes, done);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Bun.sleepSync(1);
      }
    }
  }

  /** What is typed, until the signal aborts or the terminal goes away. */
  onBytes(listener: (bytes: Uint8Array) => void, ended: () => void): void {
    this.input.on('data', listener);
    this.input.on('end', ended);
    this.input.on('error', ended);
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.write(LEAVE);
    this.input.setRawMode(false);
    this.input.destroy();
  }
}
