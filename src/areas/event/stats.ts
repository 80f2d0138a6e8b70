import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import './service';

const Count = (description: string) => t.Integer({ minimum: 0, description });
const Edge = nullable(strict({ seq: t.Integer({ minimum: 1 }), event_id: t.String(), ts_ns: Nanos }));
const edge = (at: { seq: number; id: string; ts: number } | null) => at && { seq: at.seq, event_id: at.id, ts_ns: nanos(at.ts) };

export const eventStats = defineOp({
  name: 'event_stats',
  summary: 'Size and range of the event log, open streams, and what was delivered.',
  scope: 'event.read',
  effect: 'read',
  input: strict({}),
  output: strict({
    events: Count('Events the log keeps.'),
    bytes: Count('Their bytes.'),
    oldest: Edge,
    newest: Edge,
    streams: Count('Open streams.'),
    filters: Count('Distinct filters of the live streams; each event is encoded once per filter.'),
    published: Count('Events stored since start.'),
    delivered: Count('Events queued to live streams since start.'),
    kinds: t.Record(t.String(), strict({ events: Count('Events.'), bytes: Count('Bytes.') }), { description: 'What the log keeps of each kind.' }),
    lost: t.Array(strict({ from: t.Integer(), to: t.Integer(), events: Count('How many.'), found_at_ns: Nanos }), {
      description: 'Numbers whose events a crash took, found at a start. They are not given again.',
    }),
    missed: Count('Events that streams missed since start because they read too slowly; each was told.'),
    lagged: Count('How often that was.'),
    replayed: Count('Events read from the log since start for streams that resumed.'),
    subscribers: Count('Streams that hear live; the others still read what is stored.'),
    deepest: strict({ events: Count('Events.'), bytes: Count('Bytes.') }, { description: 'The longest and the largest queue of a stream now.' }),
  }),
  errors: [],
  cli: { path: ['event', 'stats'] },
  example: {},
  handle: ({ events }) => {
    const { count, oldest, newest, lost, kinds, ...figures } = events.figures();
    return {
      events: count,
      oldest: edge(oldest),
      newest: edge(newest),
      kinds: Object.fromEntries(Object.entries(kinds).map(([kind, each]) => [kind, { events: each.count, bytes: each.bytes }])),
      lost: lost.map(({ first, last, foundAt }) => ({ from: first, to: last, events: last - first + 1, found_at_ns: nanos(foundAt) })),
      ...figures,
    };
  },
});
