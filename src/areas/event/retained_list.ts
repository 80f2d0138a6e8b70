import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { audienceFor } from './audience';
import { parseFilter } from './filter';
import { Listed, listed } from './listed';
import { MAX_PATTERN_CHARS } from './pattern';
import { SessionId } from './schema';
import './service';

export const retainedList = defineOp({
  name: 'event_retained',
  summary: 'The latest event of each topic that was published with `retain`, in the order in which they came.',
  description:
    'What a stream with `retained=true` begins with. When `next_cursor` is not null, the next page is the same call with `cursor` set to it.',
  scope: 'event.read',
  effect: 'read',
  input: strict({
    pattern: t.Optional(t.String({ minLength: 1, maxLength: MAX_PATTERN_CHARS, description: 'A pattern `SCOPE.TOPIC`; `*.*` by default.' })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: t.Optional(t.Integer({ minimum: 1 })),
    session_id: t.Optional(SessionId),
  }),
  output: strict({
    events: t.Array(Listed),
    count: t.Integer({ description: 'Events in this reply.' }),
    next_cursor: nullable(t.Integer({ minimum: 1 })),
  }),
  errors: ['bad_pattern'],
  cli: { path: ['event', 'retained'], positional: ['pattern'], table: { rows: 'events', columns: ['seq', 'scope', 'topic', 'data'] } },
  example: { pattern: '*.build.*' },
  exampleSetup: [{ op: 'publish', input: { topic: 'build.state', data: 'green', retain: true } }],
  handle: ({ events, clock }, { pattern = '*.*', limit = 100, cursor = 0, session_id }, call) => {
    const filter = parseFilter([pattern], audienceFor(session_id, call));
    if (typeof filter === 'string') throw call.fail('bad_pattern', `${filter}.`, { path: '/pattern' });
    const page = events.retained.list(filter, cursor, limit, clock.now());
    return { events: page.events.map(listed), count: page.events.length, next_cursor: page.next };
  },
});
