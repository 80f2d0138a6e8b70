import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { audienceFor } from './audience';
import { beginAt } from './begin';
import { MAX_PATTERN_CHARS, MAX_PATTERNS, parsePattern, type Pattern } from './pattern';
import { SinceText } from './schema';
import './service';

const Pattern = t.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS });
const Row = t.Object({ id: t.Integer(), pattern: t.String(), paused: t.Boolean(), stream_id: t.String() });

export const subscribe = defineOp({
  name: 'subscribe',
  summary: 'Subscribe a socket or a stream to a pattern, or list subscriptions.',
  description: [
    'Over /ws the subscription belongs to the socket that made the call, and its events come there as `match` frames.',
    'Over HTTP it needs the `stream_id` that a stream opened with `GET /stream/events?managed=true` tells in its first frame.',
    '`since` is possible only with the first subscription of a socket: reconnect with all patterns and the last `event_id`.',
    'Either way it ends with the connection. An event that several patterns match comes once and names all of them.',
  ].join('\n'),
  scope: 'event.read',
  effect: 'write',
  input: strict({
    pattern: t.Optional(
      t.Union([Pattern, t.Array(Pattern, { minItems: 1, maxItems: MAX_PATTERNS })], { description: 'One pattern `SCOPE.TOPIC`, or several.' }),
    ),
    stream_id: t.Optional(
      t.String({ maxLength: 100, description: 'The stream that gets the subscription; needed where the call is not made over /ws.' }),
    ),
    since: t.Optional(SinceText),
    list: t.Optional(t.Boolean({ description: 'List your subscriptions instead.' })),
  }),
  output: strict({
    subscription_id: t.Optional(t.Integer({ description: 'The id of the (first) new subscription.' })),
    pattern: t.Optional(t.String()),
    stream_id: t.Optional(t.String({ description: 'What owns it.' })),
    subscriptions: t.Array(Row, { description: 'The new subscriptions, or with `list` all of yours.' }),
  }),
  errors: ['bad_pattern', 'no_stream', 'too_many'],
  cli: { path: ['event', 'subscribe'], positional: ['pattern'] },
  example: { list: true },
  handle: ({ events, subscribers, clock }, { pattern = [], stream_id, since, list = false }, call) => {
    const texts = typeof pattern === 'string' ? [pattern] : pattern;
    if (list !== (texts.length === 0)) throw call.fail('bad_args', 'Give either a pattern or list.', { path: '/pattern' });
    if (list) return { subscriptions: subscribers.owned(call, stream_id).flatMap((set) => set.rows()) };
    const patterns = texts.map(parsePattern);
    const wrong = patterns.find((each) => typeof each === 'string');
    if (wrong !== undefined) throw call.fail('bad_pattern', `${wrong}.`, { path: '/pattern' });
    const { connection } = call;
    const [existing] = connection || stream_id !== undefined ? subscribers.owned(call, stream_id) : [];
    if (!existing && (!connection || stream_id !== undefined)) throw call.fail('no_stream');
    if (existing && since !== undefined)
      throw call.fail('bad_args', 'since is possible only with the first subscription of a socket.', { path: '/since' });
    const from = beginAt(since, clock, call);
    const set = existing ?? subscribers.open(call.caller, audienceFor(undefined, call), connection!.signal, connection);
    const ids = subscribers.add(set, patterns as Pattern[]);
    if (!existing) connection!.attach(events.follow(set, from, connection!.signal), 'event.read');
    if (!ids)
      throw call.fail('too_many', `One connection has at most ${subscribers.limit()} subscriptions.`, { extra: { limit: subscribers.limit() } });
    const rows = set.rows().filter((row) => ids.includes(row.id));
    return { subscription_id: ids[0]!, pattern: texts[0]!, stream_id: set.id, subscriptions: rows };
  },
});
