import { isEncoded, type EncodedFrames, type Frame } from '../kernel/stream';

export type Format = 'sse' | 'ndjson';

const KEEP_ALIVE_MS = 15_000;
/** Bytes a stream may have under way in the socket before its generator is asked again. */
const WINDOW_BYTES = 64 * 1024;
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

export interface OpenStream {
  readonly response: Response;
  /** Sends a last frame behind what is under way and ends the stream. */
  end(last: Frame): void;
}

/**
 * Sends a generator's frames to one client: first bytes at once, a keep-alive when quiet, the generator asked only while the
 * socket has room. `closed` runs exactly once, whichever of end, failure, cancel and abort comes first.
 */
export function openStream(
  frames: AsyncGenerator<Frame | EncodedFrames>,
  headers: Record<string, string>,
  format: Format,
  signal: AbortSignal,
  closed: () => void,
): OpenStream {
  let open = true;
  const writer: { controller?: ReadableStreamDefaultController<Uint8Array> } = {};
  const finish = () => {
    if (!open) return;
    open = false;
    quiet.delete(beat);
    signal.removeEventListener('abort', finish);
    // The generator may be waiting in next(): return() is queued behind it, and its own abort handling ends that wait.
    frames.return(undefined).catch(() => {});
    closed();
  };
  const beat = () => {
    if (open && (writer.controller?.desiredSize ?? 0) > 0) writer.controller?.enqueue(ALIVE[format]);
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        writer.controller = controller;
        controller.enqueue(OPENING[format]);
      },
      async pull(controller) {
        try {
          const { value, done } = await frames.next();
          if (!open) return;
          if (done) {
            finish();
            controller.close();
          } else controller.enqueue(encode(value, format));
        } catch (error) {
          if (!open) return;
          finish();
          controller.error(error);
        }
      },
      cancel: finish,
    },
    new ByteLengthQueuingStrategy({ highWaterMark: WINDOW_BYTES }),
  );
  keepAlive(beat);
  signal.addEventListener('abort', finish, { once: true });
  if (signal.aborted) finish();
  return {
    response: new Response(stream, { headers }),
    end(last) {
      if (!open) return;
      finish();
      writer.controller?.enqueue(encode(last, format));
      writer.controller?.close();
    },
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
const quiet = new Set<() => void>();
let timer: Timer | undefined;

function keepAlive(beat: () => void): void {
  quiet.add(beat);
  timer ??= setInterval(() => {
    for (const each of quiet) each();
    if (quiet.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  }, KEEP_ALIVE_MS).unref();
}
