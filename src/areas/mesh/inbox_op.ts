import { millis } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { Cursor, Limit, MeshSlug, Message, wireMessage } from './schema';
import './service';

export const meshInbox = defineOp({
  name: 'mesh_inbox',
  summary: 'Read what arrived, newest first; what is shown counts as seen from then on.',
  scope: 'mesh.read',
  effect: 'write',
  input: strict({
    mesh: t.Optional(MeshSlug),
    topic: t.Optional(t.String({ minLength: 1, maxLength: 1024 })),
    from: t.Optional(t.String({ minLength: 1, maxLength: 64, description: 'The key of the sender.' })),
    since_ns: t.Optional(Nanos),
    unread_only: t.Optional(t.Boolean()),
    mark_seen: t.Optional(t.Boolean({ default: true })),
    limit: Limit(1000, 100),
    cursor: Cursor,
  }),
  output: strict({ messages: t.Array(Message), marked_seen: t.Integer({ minimum: 0 }), next_cursor: nullable(t.String()) }),
  errors: ['mesh_not_attached'],
  example: { unread_only: true },
  handle: async ({ mesh: service }, { mesh, topic, from, since_ns, unread_only = false, mark_seen = true, limit = 100, cursor }) => {
    if (mesh !== undefined) service.meshes.find(mesh);
    const { rows, marked } = await service.inbox.read(
      {
        ...{ mesh: mesh ?? null, topic: topic ?? null, from: from?.toLowerCase() ?? null, recipients: null, limit, unreadOnly: unread_only },
        since: since_ns === undefined ? null : millis(since_ns),
        before: cursor === undefined ? null : Number(cursor),
      },
      mark_seen,
    );
    return { messages: rows.map(wireMessage), marked_seen: marked, next_cursor: rows.length === limit ? String(rows.at(-1)!.seq) : null };
  },
});
