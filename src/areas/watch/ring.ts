import type { EncodedFrames } from '../../kernel/stream';

export interface RingLimits {
  readonly frames: number;
  readonly bytes: number;
}

interface Item {
  readonly event: string;
  /** JSON on one line. */
  readonly data: string;
}

const utf8 = new TextEncoder();
const BATCH = 500;

/** The newest frames of one watch, numbered from 1 without holes. What passes the limits is forgotten, oldest first. */
export class Ring {
  private items: Item[] = [];
  private bytes = 0;
  private dropped = 0;

  constructor(
    private readonly prefix: string,
    private readonly limits: () => RingLimits,
  ) {}

  /** Number of the oldest frame kept, and of the one that comes next. */
  get first(): number {
    return this.dropped + 1;
  }

  get next(): number {
    return this.dropped + this.items.length + 1;
  }

  id(number: number): string {
    return `${this.prefix}-${number}`;
  }

  push(event: string, data: unknown): void {
    const item = { event, data: JSON.stringify(data) };
    this.items.push(item);
    this.bytes += item.data.length;
    const { frames, bytes } = this.limits();
    if (this.items.length <= frames && this.bytes <= bytes) return;
    // In one piece, a tenth at least: taking them off one by one would move all the others each time.
    let count = Math.max(1, this.items.length - frames, Math.ceil(frames / 10));
    let freed = this.items.slice(0, count).reduce((sum, each) => sum + each.data.length, 0);
    while (this.bytes - freed > bytes && count < this.items.length - 1) freed += this.items[count++]!.data.length;
    this.forget(this.first + count);
  }

  /** Drops what stands before a number. */
  forget(before: number): void {
    const count = Math.min(before - this.first, this.items.length);
    if (count <= 0) return;
    for (const item of this.items.splice(0, count)) this.bytes -= item.data.length;
    this.dropped += count;
  }

  /** Frames from a number on, as many as go out in one piece; null when there is none. `flat`: lines as a socket has them. */
  from(number: number, flat = false): EncodedFrames | null {
    const items = this.items.slice(number - this.first, number - this.first + BATCH);
    if (items.length === 0) return null;
    const join = (frame: (id: string, item: Item) => string) => utf8.encode(items.map((item, at) => frame(this.id(number + at), item)).join(''));
    return {
      count: items.length,
      sse: () => join((id, { event, data }) => `id: ${id}\nevent: ${event}\ndata: ${data}\n\n`),
      ndjson: () =>
        join((id, { event, data }) =>
          flat ? `{"event":"${event}","event_id":"${id}",${data.slice(1)}\n` : `{"id":"${id}","event":"${event}","data":${data}}\n`,
        ),
    };
  }
}
