import type { Frame } from '../../kernel/stream';

/** What may wait for one connection that does not read. */
const MAX_FRAMES = 1000;
const MAX_BYTES = 4 * 1024 * 1024;

/** Frames for one connection. Who sends never waits for who reads: what finds no room is counted, and the reader is told how much it missed. */
export class Mailbox {
  private frames: { frame: Frame; bytes: number }[] = [];
  private bytes = 0;
  private missed = 0;
  private wake: () => void = () => {};
  private ending: Frame | null | undefined;

  /** False when there is no room. */
  push(event: string, data: object): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(data));
    if (this.ending !== undefined || this.frames.length >= MAX_FRAMES || this.bytes + bytes > MAX_BYTES) {
      this.missed++;
      return false;
    }
    this.frames.push({ frame: { event, data }, bytes });
    this.bytes += bytes;
    this.wake();
    return true;
  }

  /** No more frames, but for a last one. */
  end(last: Frame | null): void {
    if (this.ending !== undefined) return;
    this.ending = last;
    this.wake();
  }

  /** Until `end`. */
  async *read(): AsyncGenerator<Frame> {
    for (;;) {
      const next = this.frames.shift();
      if (next) {
        this.bytes -= next.bytes;
        yield next.frame;
      } else if (this.missed > 0) {
        const { missed } = this;
        this.missed = 0;
        yield { event: 'lagged', data: { missed } };
      } else if (this.ending !== undefined) {
        if (this.ending) yield this.ending;
        return;
      } else await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }
}
