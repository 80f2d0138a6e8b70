import { isEncoded, type EncodedFrames, type Feed, type Frame } from '../kernel/stream';

export type Format = 'sse' | 'ndjson';

const KEEP_ALIVE_MS = 15_000;
const RETRY_MS = 2_000;

const text = new TextEncoder();
const OPENING = { sse: text.encode(`retry: ${RETRY_MS}\n: zd\n\n`), ndjson: text.encode('\n') };
const ALIVE = { sse: text.encode(': keep-alive\n\n'), ndjson: text.encode('\n') };
const TYPES = { sse: 'text/event-stream; charset=utf-8', ndjson: 'application/x-ndjson; charset=utf-8' };

/** The format a client asked for: NDJSON only when it names it, event-stream otherwise. */
export const formatOf = (accept: string | null): Format => (accept?.includes('application/x-ndjson') ? 'ndjson' : 'sse');

/** One frame in the event-stream format (WHATWG HTML §9.2): a field per line, closed by a blank line. */
export function encodeSse(frame: Frame): string {
  const id = frame.id === undefined ? '' : `id: ${frame.id}\n`;
  const retry = frame.retry === undefined ? '' : `retry: ${frame.retry}\n`;
  return `${id}${retry}event: ${frame.event}\ndata: ${JSON.stringify(frame.data)}\n\n`;
}

const encode = (item: Frame | EncodedFrames, format: Format): Uint8Array => {
  if (isEncoded(item)) return item[format]();
  return text.encode(format === 'sse' ? encodeSse(item) : `${JSON.stringify({ id: item.id, event: item.event, data: item.data })}\n`);
};

/** What a stream is sent through: the side of the socket. */
type Sink = ReadableStreamDirectController;

/**
 * Sends a generator's frames to one client: first bytes at once, a keep-alive when quiet, the generator asked only while the
 * socket has room. `closed` runs exactly once, whichever of end, failure, cancel and abort comes first.
 */
export class OpenStream {
  private open = true;
  private sink: Sink | undefined;
  /** Unsettled while the socket has no room. */
  private pressure: Promise<unknown> | null = null;
  private frames!: AsyncGenerator<Frame | EncodedFrames>;

  constructor(
    private readonly format: Format,
    private readonly signal: AbortSignal,
    private readonly closed: () => void,
  ) {}

  /** What a generator may hand its feed to; see `Opening.relay`. */
  readonly relay = (feed: Feed): Promise<void> => (this.pressure ? this.pressure.then(() => feed.pass(this.take)) : feed.pass(this.take));

  private readonly take = (item: EncodedFrames): boolean => {
    this.write(item[this.format]());
    return this.pressure === null;
  };

  /** The reply, which lives as long as the client and the generator. */
  response(frames: AsyncGenerator<Frame | EncodedFrames>, headers: Record<string, string>): Response {
    this.frames = frames;
    quiet(this);
    this.signal.addEventListener('abort', this.finish, { once: true });
    if (this.signal.aborted) this.finish();
    const source = { type: 'direct' as const, pull: (sink: Sink) => this.run(sink), cancel: this.finish };
    return new Response(new ReadableStream(source), { headers });
  }

  private async run(sink: Sink): Promise<void> {
    this.sink = sink;
    this.write(OPENING[this.format]);
    try {
      while (this.open) {
        const { value, done } = await this.frames.next();
        if (!this.open) return;
        if (done) break;
        if (this.pressure) await this.pressure;
        this.write(encode(value, this.format));
        if (this.pressure) await this.pressure;
      }
      if (!this.open) return;
      this.finish();
      sink.close();
    } catch (error) {
      if (!this.open) return;
      this.finish();
      sink.close(error as Error);
    }
  }

  private write(bytes: Uint8Array): void {
    if (!this.open || !this.sink) return;
    const written = this.sink.write(bytes);
    if (!(written instanceof Promise)) return void this.sink.flush();
    const over = () => {
      if (this.pressure === pressure) this.pressure = null;
    };
    const pressure = written.then(over, over);
    this.pressure = pressure;
  }

  /** Tells proxies and clients that the stream lives, unless there is something on its way to them. */
  beat(): void {
    if (!this.pressure) this.write(ALIVE[this.format]);
  }

  /** Sends a last frame behind what is under way and ends the stream. */
  end(last: Frame): void {
    if (!this.open) return;
    this.write(encode(last, this.format));
    this.finish();
    this.sink?.close();
  }

  private readonly finish = (): void => {
    if (!this.open) return;
    this.open = false;
    beating.delete(this);
    this.signal.removeEventListener('abort', this.finish);
    // The generator may be waiting in next(): return() is queued behind it, and its own abort handling ends that wait.
    this.frames.return(undefined).catch(() => {});
    this.closed();
  };
}

/** `start`: the id behind which the frames begin. Whoever has seen no frame yet resumes by it. */
export const streamHeaders = (format: Format, start: string | null): Record<string, string> => ({
  ...(start === null ? {} : { 'last-event-id': start }),
  'content-type': TYPES[format],
  'cache-control': 'no-store',
  'x-accel-buffering': 'no',
  'x-content-type-options': 'nosniff',
});

/** One timer beats for all streams; five hundred timers would wake the process five hundred times. */
const beating = new Set<OpenStream>();
let timer: Timer | undefined;

function quiet(stream: OpenStream): void {
  beating.add(stream);
  timer ??= setInterval(() => {
    for (const each of beating) each.beat();
    if (beating.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  }, KEEP_ALIVE_MS).unref();
}
