import { strict, t } from '../../kernel/schema';
import { defineStream } from '../../kernel/stream';
import type { Filter } from './filter';
import { named } from './frames';
import { beginAt } from './begin';
import { SinceText } from './schema';
import './service';

/** The kind of the events that tell of changed definitions. */
const KIND = 'defs';

export const definitionsFilter: Filter = {
  key: `kind ${KIND}`,
  kinds: [KIND],
  match: ({ kind, visibility }) => (kind === KIND && visibility === 'public' ? '' : null),
  frames: named('defs', (event) => event.data),
};

let feeds = 0;

/** The same for one socket, which hears of them while its ear is open. Its events lie flat in their frame under their topic. */
export const definitionsFeed = (ear: { readonly open: boolean }): Filter => ({
  ...definitionsFilter,
  key: `defs socket ${++feeds}`,
  match: (event) => (ear.open ? definitionsFilter.match(event) : null),
  frames: {
    ...definitionsFilter.frames!,
    ndjson: ({ id, topic, data }) => `{"event":${JSON.stringify(topic)},"event_id":"${id}",${data.slice(1)}\n`,
  },
});

export const definitionsStream = defineStream({
  name: 'stream_definitions',
  summary: 'Changes of the definition catalogue, as they are stored.',
  description: '`defs` carries what the change was told with. Resume, `gap`, `lagged`, `shutdown` and `end` are as on /stream/events.',
  scope: 'defs.read',
  path: '/stream/definitions',
  input: strict({
    since: t.Optional(SinceText),
    last_event_id: t.Optional(t.String({ maxLength: 200, description: 'As the header `Last-Event-ID`, which wins.' })),
  }),
  events: ['defs', 'gap', 'lagged', 'shutdown', 'end'],
  errors: [],
  cli: { path: ['definitions', 'watch'] },
  example: {},
  handle: ({ events, clock }, { since }, call) =>
    events.follow(definitionsFilter, call.lastEventId ?? beginAt(since, clock, call), call.signal, call),
});
