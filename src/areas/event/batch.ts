import type { EventRecord } from '../../kernel/context';
import type { EncodedFrames } from '../../kernel/stream';
import type { Filter } from './filter';
import { pubFrames, type FrameWriter } from './frames';

const utf8 = new TextEncoder();
/** About what a frame holds beside topic and data; queues and replay pages are bounded by it. */
const FRAME_BYTES = 200;

/** Events of one filter, in order, encoded at most once per format however many subscribers share them. */
export class Batch implements EncodedFrames {
  readonly count: number;
  readonly first: number;
  readonly last: number;
  /** Approximate size; known without encoding, because a stalled subscriber's frames may never be sent. */
  readonly bytes: number;
  private asSse: Uint8Array | undefined;
  private asNdjson: Uint8Array | undefined;

  constructor(
    readonly events: readonly EventRecord[],
    private readonly matched: readonly string[],
    private readonly writer: FrameWriter = pubFrames,
  ) {
    this.count = events.length;
    // A live-only event has the number of the stored one before it: missing it, nothing stored is missed.
    this.first = events[0]!.seq + (events[0]!.ephemeral ? 1 : 0);
    this.last = events.at(-1)!.seq;
    this.bytes = events.reduce((sum, event) => sum + event.data.length + event.topic.length + FRAME_BYTES, 0);
  }

  sse(): Uint8Array {
    return (this.asSse ??= utf8.encode(this.join('sse')));
  }

  ndjson(): Uint8Array {
    return (this.asNdjson ??= utf8.encode(this.join('ndjson')));
  }

  private join(format: 'sse' | 'ndjson'): string {
    let text = '';
    for (let at = 0; at < this.events.length; at++) text += this.writer[format](this.events[at]!, this.matched[at]!);
    return text;
  }
}

/** The events a filter lets through as one batch, or null when it lets none. */
export function select<E extends { readonly event: EventRecord }>(
  filter: Filter,
  items: readonly E[],
): { readonly batch: Batch; readonly chosen: readonly E[] } | null {
  const chosen: E[] = [];
  const matched: string[] = [];
  for (const item of items) {
    const patterns = filter.match(item.event);
    if (patterns === null) continue;
    chosen.push(item);
    matched.push(patterns);
  }
  return chosen.length === 0
    ? null
    : {
        batch: new Batch(
          chosen.map((item) => item.event),
          matched,
          filter.frames,
        ),
        chosen,
      };
}
