import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import { apiInput, apiQuery } from './api_input';
import { apiFilter } from './api_view';
import { beginAt } from './begin';
import { SinceText } from './schema';
import './service';

export const apiStream = defineStream({
  name: 'api_events',
  summary: 'Public events as plain JSON objects, each with an id to resume behind.',
  description: [
    'A frame is `data:` with one object `{type, source, timestamp, seq, id, …}` and its `id:`; the members of the event stand beside those of the envelope.',
    'Events that name a session are private to it: only a reader who names that session gets them.',
    'The history `GET /api/events/history` has the same events in the same form. `gap`, `lagged`, `shutdown` and `end` frames are as on /stream/events.',
  ].join('\n'),
  scope: 'event.read',
  path: '/api/events',
  input: strict({
    ...apiInput,
    since: t.Optional(SinceText),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: ['message', 'gap', 'lagged', 'shutdown', 'end'],
  errors: [],
  example: { types: 'tool_call,agent_end' },
  handle: ({ events, clock }, { since, ...input }, call) =>
    events.follow(apiFilter(apiQuery(input, call)), call.lastEventId ?? beginAt(since, clock, call), call.signal, call),
});
