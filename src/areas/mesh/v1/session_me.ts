import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { answer, reply, sessionOf, V1 } from './answer';
import { sessionView } from './session_view';

export const v1SessionMe = defineRoute({
  ...V1,
  name: 'v1_session_me',
  summary: 'The session whose token the request shows.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/sessions/me',
  input: strict({}),
  replies: [reply('The session.')],
  errors: ['unauthorized'],
  example: {},
  handle: ({ mesh }, _, call) => {
    const session = sessionOf(mesh, call.headers);
    if (!session) throw call.fail('unauthorized', 'The request shows no token of a session.', { extra: { error: 'no session token' } });
    return answer({ session: sessionView(session) });
  },
});
