import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import { audienceFor } from './audience';
import { beginAt } from './begin';
import { parseFilter, type Filter } from './filter';
import { firstOf } from './finite';
import { positionOf } from './positioned';
import { introduced } from './managed';
import { MAX_PATTERN_CHARS, MAX_PATTERNS, parsePattern, type Pattern } from './pattern';
import { CursorName, SessionId, SinceText } from './schema';
import './service';

const Channel = t.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS });

export const eventStream = defineStream({
  name: 'stream_events',
  summary: 'Events as they are published, each with an id to resume behind.',
  description: [
    '`pub` carries `{subscription_id, scope, topic, data, seq, ts_ns, source, matched}`, `matched` being the patterns of this stream that let it through.',
    '`seq` is null for an ephemeral event: it carries the id of the last stored one before it, and is never replayed.',
    'With `Last-Event-ID` (or `last_event_id`), else from `since`, the stored events behind that id come first, without those that have expired; `gap` `{requested, oldest, newest, lost}` says what is no longer there.',
    '`lagged` `{from, to, missed}` says that the client read too slowly; resuming by its id brings what was missed. `to` is below `from` when only ephemeral events were.',
    '`shutdown` `{reason, retry_ms}` comes before the daemon ends the stream, `end` `{reason, hint}` before a stream ends that must not be opened again as it is:',
    'its token is gone (`token_removed`) or lost the scope (`scope_lost`), or `limit` is reached (`limit`; resuming behind its id `end` is answered 204, for good).',
    'With `retained` the latest event of each topic that was published with `retain` comes first, marked `retained`, under the id where the stream begins; again behind a `gap`.',
    'With `cursor` it begins behind what that reader acknowledged last (`Last-Event-ID` wins, `since` counts for a new one), after a frame `cursor` `{cursor, event_id, attempts}`.',
    'With `managed` the first frame is `stream` `{stream_id, subscriptions}`, and `subscribe`, `unsubscribe` and `subscription_set_paused` change what it hears.',
  ].join('\n'),
  scope: 'event.read',
  path: '/stream/events',
  input: strict({
    channel: t.Optional(
      t.Union([Channel, t.Array(Channel, { minItems: 1, maxItems: MAX_PATTERNS })], {
        description: 'Patterns `SCOPE.TOPIC` with `*` and `?`; repeat the parameter for several. `*.*` by default.',
      }),
    ),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1_000_000, description: 'End after so many events.' })),
    managed: t.Optional(t.Boolean({ description: 'Tell the id of the stream, so that its subscriptions can be changed.' })),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
    since: t.Optional(SinceText),
    retained: t.Optional(t.Boolean({ description: 'Begin with the latest event of each topic that was published with `retain`.' })),
    cursor: t.Optional({ ...CursorName, description: 'Begin behind what was acknowledged under this name; see `event_cursor_commit`.' }),
    session_id: t.Optional(SessionId),
  }),
  events: ['pub', 'stream', 'cursor', 'gap', 'lagged', 'shutdown', 'end'],
  errors: ['bad_pattern', 'too_many'],
  cli: { path: ['events'], positional: ['channel'] },
  example: { channel: '*.build.*' },
  handle: ({ events, subscribers, clock }, { channel = '*.*', limit, managed = false, since, retained, cursor, session_id }, call) => {
    const texts = typeof channel === 'string' ? [channel] : channel;
    const audience = audienceFor(session_id, call);
    const filter = parseFilter(texts, audience);
    if (typeof filter === 'string') throw call.fail('bad_pattern', `${filter}.`, { path: '/channel' });
    const held = cursor === undefined ? null : positionOf(cursor, events, call);
    const from = call.lastEventId ?? held?.from ?? beginAt(since, clock, call);
    const resumed = call.lastEventId !== null || held?.from !== undefined;
    const follow = (each: Filter) => {
      // Events that are counted have to pass by whoever counts.
      const relay = limit === undefined ? call.relay : undefined;
      const options = { startsBehind: call.startsBehind, relay, retained: retained ? (resumed ? 'gap' : 'start') : undefined } as const;
      return held === null ? events.follow(each, from, call.signal, options) : held.follow(each, from, options);
    };
    if (!managed) return limit === undefined ? follow(filter) : firstOf(limit, filter, follow);
    if (limit !== undefined) throw call.fail('bad_args', 'A managed stream has no limit.', { path: '/limit' });
    const set = subscribers.open(call.caller, audience, call.signal);
    const most = subscribers.limit();
    if (!subscribers.add(set, texts.map(parsePattern) as Pattern[]))
      throw call.fail('too_many', `One stream has at most ${most} subscriptions.`, { extra: { limit: most } });
    return introduced(set, follow(set));
  },
});
