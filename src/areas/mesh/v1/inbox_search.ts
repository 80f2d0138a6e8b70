import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { ipcMessage } from '../inbox_row';
import { answer, clamp, LIMIT, MESH, reply, sessionOf, timeOf, V1 } from './answer';
import { recipientsOf } from './recipients';

export const v1InboxSearch = defineRoute({
  ...V1,
  name: 'v1_inbox_search',
  summary: 'Messages whose text, sender or topic holds some words, newest first. None is marked as seen.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/inbox/search',
  input: strict({
    q: t.String({ minLength: 1, maxLength: 1024 }),
    mesh: MESH,
    since: t.Optional(t.String({ maxLength: 64, description: 'An ISO time.' })),
    limit: LIMIT,
  }),
  replies: [reply('What was found.')],
  errors: ['mesh_not_attached'],
  example: { q: 'build' },
  handle: async ({ mesh: service }, { q, mesh, since, limit }, call) => {
    const session = sessionOf(service, call.headers);
    if (mesh !== undefined) service.meshes.find(mesh);
    const query = {
      ...{ mesh: mesh ?? session?.mesh ?? null, topic: null, from: null, since: timeOf(since, 'since') },
      ...{ unreadOnly: false, recipients: recipientsOf(service, session), before: null },
    };
    const rows = await service.inbox.search(q, query, clamp(limit, 100, 1000), () => call.signal);
    return answer({ items: rows.map(ipcMessage) });
  },
});
