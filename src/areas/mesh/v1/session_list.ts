import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { answer, reply, V1 } from './answer';
import { sessionView } from './session_view';

export const v1Sessions = defineRoute({
  ...V1,
  name: 'v1_sessions',
  summary: 'The registered runs of agents.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/sessions',
  input: strict({}),
  replies: [reply('The sessions; `token_prefix` is of the hash of the token.')],
  errors: [],
  example: {},
  handle: ({ mesh }) =>
    answer({ sessions: mesh.sessions.list().map((session) => ({ ...sessionView(session), link: mesh.sessions.linkOf(session) })) }),
});
