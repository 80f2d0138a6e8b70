import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { STORED_TYPES } from './event';
import { named, SessionName } from './schema';

export const history = defineOp({
  name: 'session_history',
  summary: 'What happened in a session, in pages.',
  description:
    'Behind `since`, in order; with `before`, the newest before that event. When `more` is true the next page begins behind `next_since`, or before ' +
    '`next_before`. `raw` adds the lines the agent wrote.',
  scope: 'session.read',
  effect: 'read',
  input: strict({
    id: SessionName,
    since: t.Optional(t.Integer({ minimum: 0, default: 0 })),
    before: t.Optional(t.Integer({ minimum: 1 })),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 5000, default: 500 })),
    types: t.Optional(t.Array(t.Union(STORED_TYPES.map((type) => t.Literal(type))), { maxItems: 50 })),
    raw: t.Optional(t.Boolean({ default: false })),
  }),
  output: strict({
    session_id: t.String(),
    events: t.Array(
      strict({
        seq: t.Integer(),
        ts_ns: Nanos,
        turn_id: nullable(t.String()),
        type: t.String(),
        data: t.Record(t.String(), t.Unknown()),
        raw: t.Optional(t.Array(t.String())),
      }),
    ),
    count: t.Integer(),
    first_seq: t.Integer({ description: 'Oldest event that is kept.' }),
    last_seq: t.Integer(),
    more: t.Boolean(),
    next_since: nullable(t.Integer()),
    next_before: nullable(t.Integer()),
  }),
  errors: ['no_such_session'],
  cli: { path: ['session', 'history'], positional: ['id'], table: { rows: 'events', columns: ['seq', 'type', 'data'] } },
  example: { id: 'history', types: ['user', 'text', 'done'] },
  exampleSetup: [
    { op: 'session_new', input: { agent: 'example', cwd: '/', id: 'history' } },
    { op: 'session_prompt', input: { id: 'history', text: 'say:hello', wait_secs: 60 } },
  ],
  handle: ({ sessions }, { id, since = 0, before, limit = 500, types, raw = false }) => {
    const session_id = named(sessions, id);
    const page = sessions.history(session_id, { since, limit, raw, ...(before === undefined ? {} : { before }), ...(types ? { types } : {}) });
    return {
      session_id,
      events: page.events.map((event) => {
        const lines = page.raw.get(event.seq);
        const { seq, ts, turnId: turn_id, type, data } = event;
        return { seq, ts_ns: nanos(ts), turn_id, type, data, ...(lines === undefined ? {} : { raw: lines.split('\n') }) };
      }),
      count: page.events.length,
      first_seq: page.firstSeq,
      last_seq: page.lastSeq,
      more: page.more,
      next_since: page.more && before === undefined ? page.to : null,
      next_before: page.more && before !== undefined ? page.from : null,
    };
  },
});
