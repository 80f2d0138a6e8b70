import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import { parseFilter } from './filter';
import { MAX_PATTERN_CHARS, MAX_PATTERNS } from './pattern';
import { SessionId, SinceText } from './schema';
import { parseSince } from './since';
import { audienceOf, SESSION_SCOPE } from './visibility';
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
    '`shutdown` `{reason, retry_ms}` comes before the daemon ends the stream.',
  ].join('\n'),
  scope: 'event.read',
  path: '/stream/events',
  input: strict({
    channel: t.Optional(
      t.Union([Channel, t.Array(Channel, { minItems: 1, maxItems: MAX_PATTERNS })], {
        description: 'Patterns `SCOPE.TOPIC` with `*` and `?`; repeat the parameter for several. `*.*` by default.',
      }),
    ),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
    since: t.Optional(SinceText),
    session_id: t.Optional(SessionId),
  }),
  events: ['pub', 'gap', 'lagged', 'shutdown'],
  errors: ['bad_pattern'],
  cli: { path: ['events'], positional: ['channel'] },
  example: { channel: '*.build.*' },
  handle: ({ events, clock }, { channel = '*.*', last_event_id = '', since, session_id }, call) => {
    const audience = audienceOf(call.caller, session_id);
    if (!audience) throw call.fail('scope_denied', undefined, { path: '/session_id', extra: { required_scope: SESSION_SCOPE } });
    const filter = parseFilter(typeof channel === 'string' ? [channel] : channel, audience);
    if (typeof filter === 'string') throw call.fail('bad_pattern', `${filter}.`, { path: '/channel' });
    const from = since === undefined ? null : parseSince(since, clock.now());
    if (typeof from === 'string') throw call.fail('bad_args', `/since: ${from}.`, { path: '/since' });
    return events.follow(filter, call.lastEventId || last_event_id || from, call.signal);
  },
});
