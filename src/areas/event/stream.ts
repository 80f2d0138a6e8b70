import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import { parseFilter } from './filter';
import { MAX_PATTERN_CHARS, MAX_PATTERNS } from './pattern';
import './service';

const Channel = t.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS });

export const eventStream = defineStream({
  name: 'stream_events',
  summary: 'Events as they are published, each with an id to resume behind.',
  description: [
    '`pub` carries `{subscription_id, scope, topic, data, seq, ts_ns, source, matched}`, `matched` being the patterns of this stream that let it through.',
    'With `Last-Event-ID` (or `last_event_id`) the stored events behind that id come first; `gap` `{requested, oldest, newest, lost}` says what is no longer there.',
    '`lagged` `{from, to, missed}` says that the client read too slowly; resuming by its id brings what was missed.',
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
  }),
  events: ['pub', 'gap', 'lagged', 'shutdown'],
  errors: ['bad_pattern'],
  cli: { path: ['events'], positional: ['channel'] },
  example: { channel: '*.build.*' },
  handle: ({ events }, { channel = '*.*', last_event_id = '' }, call) => {
    const filter = parseFilter(typeof channel === 'string' ? [channel] : channel);
    if (typeof filter === 'string') throw call.fail('bad_pattern', `${filter}.`, { path: '/channel' });
    return events.follow(filter, call.lastEventId || last_event_id || null, call.signal);
  },
});
