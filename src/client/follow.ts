import { END_ID } from '../kernel/stream';
import type { Client, StreamOptions } from './client';
import { ClientError } from './error';
import type { StreamEvent } from '../kernel/event_stream';

export interface FollowOptions extends StreamOptions {
  /** The daemon has answered a moment ago, so also the very first connection is waited for. */
  readonly answered?: boolean;
  /** Told once per break, with how long the next attempt waits. */
  readonly onBreak?: (waitMs: number) => void;
  readonly onBack?: () => void;
}

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/**
 * The events of a stream across breaks: reconnects with the last id seen, so nothing is lost or doubled. The same when it fell behind. A failure of the very first
 * connection, and a refusal at any time, is thrown; everything else is waited out.
 */
export async function* follow(client: Client, path: string, query: Record<string, unknown>, options: FollowOptions): AsyncGenerator<StreamEvent> {
  let lastEventId = options.lastEventId;
  let connected = options.answered ?? false;
  let broken = false;
  let finished = false;
  let wait = FIRST_WAIT_MS;
  // What is missed by reading too slowly stands in the log: the stream goes on from there, unless coming back would begin it anew.
  const lagging = query.managed === undefined && query.limit === undefined;
  for (;;) {
    let lagged = false;
    try {
      const events = client.stream(path, query, {
        ...options,
        lastEventId,
        onStart: (id) => {
          // A break before the first event is resumed, too.
          lastEventId ??= id;
        },
        onRetry: () => {
          connected = true;
          if (broken) options.onBack?.();
          broken = false;
          wait = FIRST_WAIT_MS;
        },
        onFinished: () => {
          finished = true;
        },
      });
      for await (const event of events) {
        connected = true;
        finished = event.id === END_ID;
        if (event.id !== '') lastEventId = event.id;
        lagged = lagging && event.event === 'lagged';
        if (lagged) break;
        yield event;
      }
    } catch (error) {
      if (!connected || !isPassing(error)) throw error;
    }
    if (finished) return;
    if (lagged) continue;
    if (options.signal?.aborted) throw new ClientError('interrupted', 'interrupted', '', 130);
    if (!broken) options.onBreak?.(wait);
    broken = true;
    await pause(wait, options.signal);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  }
}

/** Whether a failure is one that a daemon that comes back ends. */
export const isPassing = (error: unknown): boolean =>
  error instanceof ClientError && ['not_running', 'connection_lost', 'shutting_down', 'timeout'].includes(error.code);

/** Waits, shorter when the signal says so. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    if (signal?.aborted) done();
    else signal?.addEventListener('abort', done, { once: true });
  });
}
