import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { ipcMessage } from '../inbox_row';
import { answer, clamp, LIMIT, MESH, reply, sessionOf, timeOf, V1 } from './answer';
import { recipientsOf } from './recipients';

export const v1Inbox = defineRoute({
  ...V1,
  name: 'v1_inbox',
  summary: 'What arrived, newest first; what is shown is marked as seen unless `mark_seen=false`.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/inbox',
  input: strict({
    mesh: MESH,
    topic: t.Optional(t.String({ maxLength: 1024 })),
    from: t.Optional(t.String({ maxLength: 64, description: 'The key of the sender.' })),
    since: t.Optional(t.String({ maxLength: 64, description: 'An ISO time.' })),
    unread_only: t.Optional(t.Boolean()),
    mark_seen: t.Optional(t.Boolean({ default: true })),
    limit: LIMIT,
    cursor: t.Optional(t.String({ pattern: '^[0-9]{1,15}$' })),
  }),
  replies: [reply('A page as it was before it was marked.')],
  errors: ['mesh_not_attached'],
  example: { unread_only: true, mark_seen: false },
  handle: async ({ mesh: service }, { mesh, topic, from, since, unread_only = false, mark_seen = true, limit, cursor }, call) => {
    const session = sessionOf(service, call.headers);
    if (mesh !== undefined) service.meshes.find(mesh);
    const { rows, marked } = await service.inbox.read(
      {
        mesh: mesh ?? session?.mesh ?? null,
        topic: topic ?? null,
        from: from?.toLowerCase() ?? null,
        since: timeOf(since, 'since'),
        unreadOnly: unread_only,
        recipients: recipientsOf(service, session),
        before: cursor === undefined ? null : Number(cursor),
        limit: clamp(limit, 100, 1000),
      },
      mark_seen,
    );
    const next = rows.length === clamp(limit, 100, 1000) ? String(rows.at(-1)!.seq) : null;
    return answer({ items: rows.map(ipcMessage), marked_seen: marked, next_cursor: next });
  },
});
