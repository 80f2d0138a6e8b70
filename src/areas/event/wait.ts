import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { audienceFor } from './audience';
import { beginAt } from './begin';
import { parseFilter } from './filter';
import { nextEvent } from './next';
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
    seq: nullable(t.Integer({ minimum: 1, description: 'Null for a live-only event.' })),
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
    const next = await nextEvent(events, filter, from, call.signal, Math.max(1, Math.round(timeout_secs * 1000)));
    if (next === 'shutdown') throw call.fail('shutting_down');
    if (next === 'timeout') throw call.fail('timeout', `No such event within ${timeout_secs} s.`, { extra: { since: position } });
    const { id, seq, ts, scope, topic, source, data, ephemeral } = next.event;
    return {
      event_id: id,
      seq: ephemeral ? null : seq,
      ts_ns: nanos(ts),
      scope,
      topic,
      source,
      data: JSON.parse(data) as unknown,
      matched: JSON.parse(filter.match(next.event) ?? '[]') as string[],
      gap: next.gap,
    };
  },
});
