import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { INFO, StateName, wireInfo } from './schema';

export const list = defineOp({
  name: 'session_list',
  summary: 'List sessions, newest first.',
  description: 'When `next_cursor` is not null, the next page is the same call with `cursor` set to it.',
  scope: 'session.read',
  effect: 'read',
  input: strict({
    agent: t.Optional(t.String({ maxLength: 64 })),
    state: t.Optional(StateName),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: t.Optional(t.String({ maxLength: 64 })),
  }),
  output: strict({
    sessions: t.Array(strict(INFO)),
    count: t.Integer({ description: 'Sessions in this reply.' }),
    next_cursor: nullable(t.String()),
  }),
  errors: ['no_such_session'],
  cli: {
    path: ['session', 'list'],
    table: { rows: 'sessions', columns: ['session_id', 'state', 'agent', 'title', 'turns', 'pending_approvals', 'viewers', 'updated_at_ns'] },
  },
  example: { state: 'idle' },
  handle: ({ sessions }, { limit = 100, cursor, ...filter }) => {
    const found = sessions.list({ ...filter, ...(cursor === undefined ? {} : { before: cursor }), limit: limit + 1 });
    const more = found.length > limit;
    if (more) found.pop();
    return { sessions: found.map(wireInfo), count: found.length, next_cursor: more ? found.at(-1)!.session : null };
  },
});
