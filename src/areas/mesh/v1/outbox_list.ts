import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { ipcRow } from '../outbox_row';
import { OutboxStatusName } from '../schema';
import { answer, clamp, LIMIT, MESH, reply, V1 } from './answer';

export const v1Outbox = defineRoute({
  ...V1,
  name: 'v1_outbox',
  summary: 'What was accepted for sending, newest first.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/outbox',
  input: strict({
    status: t.Optional(OutboxStatusName),
    mesh: MESH,
    client_message_id: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Only the message with this key.' })),
    limit: LIMIT,
    cursor: t.Optional(t.String({ pattern: '^[0-9]{1,15}$', description: 'The `next_cursor` of the page before.' })),
  }),
  replies: [reply('A page, and where the next one begins.')],
  errors: ['mesh_not_attached'],
  example: { limit: 10 },
  handle: ({ mesh: service }, { status, mesh, client_message_id, limit, cursor }) => {
    if (mesh !== undefined) service.meshes.find(mesh);
    const rows = service.rows.page({
      status: status ?? null,
      mesh: mesh ?? null,
      clientMessageId: client_message_id ?? null,
      limit: clamp(limit, 50, 500) + 1,
      before: cursor === undefined ? null : Number(cursor),
    });
    const page = rows.slice(0, clamp(limit, 50, 500));
    return answer({
      items: page.map(ipcRow),
      next_cursor: rows.length > page.length ? String(page.at(-1)!.seq) : null,
      totals: mesh === undefined ? service.rows.counts() : service.rows.open(mesh),
    });
  },
});
