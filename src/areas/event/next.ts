import type { EventRecord, EventService } from '../../kernel/context';
import { isEncoded } from '../../kernel/stream';
import { Batch } from './batch';
import type { Filter } from './filter';
import './service';
import type { Since } from './since';

/** What a reader is told when events behind its position are gone. */
export interface Gap {
  readonly requested: string;
  readonly oldest: string | null;
  readonly newest: string | null;
  readonly lost: number | null;
}

export type Next = { readonly event: EventRecord; readonly gap: Gap | null } | 'timeout' | 'shutdown';

/** The first event of a filter from a position on. Also `timeout` when the signal aborts, since then nobody waits any more. */
export async function nextEvent(events: EventService, filter: Filter, from: Since | null, signal: AbortSignal, timeoutMs: number): Promise<Next> {
  // Not AbortSignal.timeout: its timer would outlive the wait by up to a day.
  const over = new AbortController();
  const stop = () => over.abort();
  const timer = setTimeout(stop, timeoutMs);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let gap: Gap | null = null;
  try {
    for await (const item of events.follow(filter, from, over.signal)) {
      if (item instanceof Batch) return { event: item.events[0]!, gap };
      if (isEncoded(item)) continue;
      if (item.event === 'gap') gap = item.data as Gap;
      if (item.event === 'shutdown') return 'shutdown';
    }
    return 'timeout';
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
  }
}
