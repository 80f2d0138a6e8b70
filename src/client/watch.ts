import type { Client } from './client';
import { ClientError } from './error';
import type { StreamEvent } from '../kernel/event_stream';
import { follow, isPassing, pause, type FollowOptions } from './follow';

/** How long the daemon keeps the watch, and what happens meanwhile, for a client that lost its connection. */
const LEASE_SECS = 60;
const AGAIN_MS = 500;

/**
 * The frames of a watch across breaks. The watch is made apart from the stream, so it outlives a broken connection and the stream goes on
 * exactly; when it is gone itself, with its daemon, another is made, whose stream begins with `gap` and `rescan`. It ends with the generator.
 */
export async function* followWatch(
  client: Client,
  path: string,
  query: Record<string, unknown>,
  options: FollowOptions,
): AsyncGenerator<StreamEvent> {
  const make = async () => (await client.call('watch_subscribe', { ...query, lease_secs: LEASE_SECS }, options)).watch_id;
  if (query.path === undefined) return yield* follow(client, path, query, options);
  let lastEventId = options.lastEventId;
  let watch_id: unknown;
  try {
    watch_id = await make();
  } catch (error) {
    // Who may only read has a watch that ends with its stream.
    if (!(error instanceof ClientError) || error.code !== 'scope_denied') throw error;
    return yield* follow(client, path, query, options);
  }
  try {
    for (;;) {
      try {
        const onStart = (id: string) => {
          lastEventId ??= id;
        };
        for await (const event of follow(client, path, { watch_id }, { ...options, lastEventId, onStart, answered: true })) {
          if (event.id !== '') lastEventId = event.id;
          yield event;
        }
        return;
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== 'no_such_watch') throw error;
        watch_id = await again(make, options);
        options.onBack?.();
      }
    }
  } finally {
    await client.call('watch_unsubscribe', { watch_id }, { timeoutMs: 1000 }).catch(() => {});
  }
}

/** The daemon that has just come back may go once more. */
async function again<T>(make: () => Promise<T>, { signal }: FollowOptions): Promise<T> {
  for (;;) {
    try {
      return await make();
    } catch (error) {
      if (!isPassing(error)) throw error;
      await pause(AGAIN_MS, signal);
    }
  }
}
