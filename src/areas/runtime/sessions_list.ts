import { millis } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Profile } from './metadata';
import { SessionRow, SessionState, wireSession } from './schema';
import './service';

export const sessionsList = defineOp({
  name: 'runtime_sessions',
  summary: "List agents' sessions of work, those that changed last first.",
  description: 'When `next_cursor` is not null, the next page is the same call with `cursor` set to it.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({
    state: t.Optional(SessionState),
    profile: t.Optional(Profile),
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 100 })),
    cursor: t.Optional(t.String({ pattern: '^\\d{1,20}:.{1,128}$' })),
  }),
  output: strict({ sessions: t.Array(SessionRow), count: t.Integer({ minimum: 0 }), next_cursor: nullable(t.String()) }),
  errors: [],
  cli: {
    path: ['runtime', 'sessions'],
    table: {
      rows: 'sessions',
      columns: ['session_id', 'profile', 'agent', 'state', 'generation', 'expires_at_ns', 'title'],
      relative: ['expires_at_ns'],
    },
  },
  example: {},
  handle: ({ runtime }, { state = null, profile = null, limit = 100, cursor }) => {
    const colon = cursor?.indexOf(':') ?? -1;
    const before = cursor === undefined ? null : { changedAt: millis(Number(cursor.slice(0, colon))), sessionId: cursor.slice(colon + 1) };
    const found = runtime.sessions.list({ state, profile, before, limit: limit + 1 });
    const sessions = found.slice(0, limit).map((session) => wireSession(runtime.sessions, session));
    const last = found.length > limit ? sessions.at(-1)! : null;
    return { sessions, count: sessions.length, next_cursor: last && `${last.changed_at_ns}:${last.session_id}` };
  },
});
