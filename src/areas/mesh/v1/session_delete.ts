import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { answer, invalid, reply, V1 } from './answer';

export const v1SessionDelete = defineRoute({
  ...V1,
  name: 'v1_session_delete',
  summary: 'End a session.',
  scope: 'mesh.write',
  method: 'DELETE',
  path: '/v1/sessions/:token',
  input: strict({ token: t.String({ maxLength: 256 }) }),
  replies: [reply('Ended.')],
  errors: ['not_found'],
  example: { token: '0'.repeat(64) },
  handle: ({ mesh }, { token }, call) => {
    if (!/^[0-9a-f]{64}$/i.test(token)) throw invalid('invalid token', '/token');
    const extra = { ok: false, token_prefix: token.slice(0, 8) };
    if (!mesh.sessions.deregister(token)) throw call.fail('not_found', 'No session has this token.', { extra });
    return answer({ ok: true, token_prefix: extra.token_prefix });
  },
});
