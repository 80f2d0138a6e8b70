import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { audienceFor } from './audience';
import { Batch } from './batch';
import { beginAt } from './begin';
import { parseFilter } from './filter';
import { MAX_PATTERN_CHARS, MAX_PATTERNS } from './pattern';
import { SessionId, SinceText } from './schema';
import './service';

const Pattern = t.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS });
const DEFAULT_SECS = 60;

export const waitForEvent = defineOp({
  name: 'wait_for_event',
  summary: 'Wait for the next event that a pattern matches.',
  description: [
    'With `since` the next one behind that id counts, also if it came before the call: pass the `event_id` of each reply on, and nothing is missed in between.',
    '`gap` says that events behind `since` are no longer stored. A `timeout` names in `since` where to go on.',
  ].join('\n'),
  scope: 'event.read',
  effect: 'read',
  waits: true,
  input: strict({
    patterns: t.Union([Pattern, t.Array(Pattern, { minItems: 1, maxItems: MAX_PATTERNS })], {
      description: 'One pattern `SCOPE.TOPIC`, or several.',
    }),
    timeout_secs: t.Optional(t.Number({ exclusiveMinimum: 0, maximum: 86_400, description: `How long to wait; ${DEFAULT_SECS} by default.` })),
    since: t.Optional(SinceText),
    session_id: t.Optional(SessionId),
  }),
  output: strict({
    event_id: t.String(),
    seq: t.Integer({ minimum: 1 }),
    ts_ns: Nanos,
    scope: t.String(),
    topic: t.String(),
    source: t.String(),
    data: t.Unknown(),
    matched: t.Array(t.String(), { description: 'The patterns that match it.' }),
    gap: nullable(t.Object({ requested: t.String(), oldest: nullable(t.String()), newest: nullable(t.String()), lost: nullable(t.Integer()) })),
  }),
  errors: ['bad_pattern', 'timeout'],
  cli: { path: ['event', 'wait'], positional: ['patterns'], rest: 'patterns', essential: 'data' },
  example: { patterns: '*.build.done', since: 'earliest', timeout_secs: 5 },
  exampleSetup: [{ op: 'publish', input: { topic: 'build.done' } }],
  handle: async ({ events, clock }, { patterns, timeout_secs = DEFAULT_SECS, since, session_id }, call) => {
    const filter = parseFilter(typeof patterns === 'string' ? [patterns] : patterns, audienceFor(session_id, call));
    if (typeof filter === 'string') throw call.fail('bad_pattern', `${filter}.`, { path: '/patterns' });
    const from = beginAt(since, clock, call);
    const position = since ?? events.figures().newest?.id ?? 'earliest';
    const over = AbortSignal.timeout(Math.max(1, Math.round(timeout_secs * 1000)));
    let gap: { requested: string; oldest: string | null; newest: string | null; lost: number | null } | null = null;
    for await (const item of events.follow(filter, from, AbortSignal.any([call.signal, over]))) {
      if (item instanceof Batch) {
        const [event] = item.events;
        const { id, seq, ts, scope, topic, source, data } = event!;
        const matched = JSON.parse(filter.match(event!) ?? '[]') as string[];
        return { event_id: id, seq, ts_ns: nanos(ts), scope, topic, source, data: JSON.parse(data) as unknown, matched, gap };
      }
      if (!('event' in item)) continue;
      if (item.event === 'gap') gap = item.data as typeof gap;
      if (item.event === 'shutdown') throw call.fail('shutting_down');
    }
    throw call.fail('timeout', `No such event within ${timeout_secs} s.`, { extra: { since: position } });
  },
});
