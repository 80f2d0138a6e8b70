import type { EventFigures } from '../areas/event/service';
import { counter, gauge, type Family } from './metrics_text';

/** Kinds that get a label of their own, those with the most events first; the rest is summed as `_other`, so the label set is bounded. */
const MOST_KINDS = 20;

/** The event log and its streams, read when somebody asks for the metrics. */
export function eventFamilies(figures: EventFigures): Family[] {
  const { oldest, newest, deepest } = figures;
  return [
    gauge('zd_event_subscribers', 'Streams that hear live events.', figures.subscribers),
    gauge('zd_event_queue_events_max', 'Events in the longest queue of a subscriber.', deepest.events),
    gauge('zd_event_queue_bytes_max', 'Bytes in the largest queue of a subscriber.', deepest.bytes),
    counter('zd_event_published_total', 'Events stored since the start.', [{ value: figures.published }]),
    counter('zd_event_delivered_total', 'Events queued to subscribers.', [{ value: figures.delivered }]),
    counter('zd_event_replayed_total', 'Events read from the log for streams that resumed.', [{ value: figures.replayed }]),
    counter('zd_event_lagged_total', 'Times a subscriber was told that it read too slowly.', [{ value: figures.lagged }]),
    counter('zd_event_dropped_total', 'Events that subscribers missed because their queue was full; each can be had by resuming.', [
      { value: figures.missed },
    ]),
    gauge('zd_event_oldest_seq', 'Number of the oldest stored event; 0 while there is none.', oldest?.seq ?? 0),
    gauge('zd_event_newest_seq', 'Number of the newest stored event; 0 while there is none.', newest?.seq ?? 0),
    gauge('zd_event_oldest_timestamp_seconds', 'Time of the oldest stored event; 0 while there is none.', (oldest?.ts ?? 0) / 1000),
    byKind('zd_event_stored', 'Events the log keeps, by kind.', figures.kinds, 'count'),
    byKind('zd_event_stored_bytes', 'Bytes the log keeps, by kind.', figures.kinds, 'bytes'),
  ];
}

function byKind(name: string, help: string, kinds: EventFigures['kinds'], of: 'count' | 'bytes'): Family {
  const all = Object.entries(kinds).toSorted(([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1));
  const rest = all.slice(MOST_KINDS).reduce((sum, [, each]) => sum + each[of], 0);
  const samples = all.slice(0, MOST_KINDS).map(([kind, each]) => ({ labels: { kind }, value: each[of] }));
  return { name, type: 'gauge', help, samples: all.length > MOST_KINDS ? [...samples, { labels: { kind: '_other' }, value: rest }] : samples };
}
