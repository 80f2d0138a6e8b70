import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Cursor, Limit, MeshSlug, OutboxItem, OutboxStatusName, wireRow } from './schema';
import './service';

export const meshOutbox = defineOp({
  name: 'mesh_outbox',
  summary: 'List what was accepted for sending, newest first.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({
    status: t.Optional(OutboxStatusName),
    mesh: t.Optional(MeshSlug),
    client_message_id: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Only the message with this key.' })),
    limit: Limit(500, 50),
    cursor: Cursor,
  }),
  output: strict({
    messages: t.Array(OutboxItem),
    totals: t.Record(t.String(), t.Integer(), { description: 'Messages by status.' }),
    next_cursor: nullable(t.String()),
  }),
  errors: ['mesh_not_attached'],
  cli: {
    path: ['outbox'],
    rename: { client_message_id: 'key' },
    table: {
      rows: 'messages',
      columns: ['row_id', 'mesh', 'to', 'status', 'delivery', 'attempts', 'enqueued_at_ns', 'last_error'],
      relative: ['enqueued_at_ns'],
    },
  },
  example: { limit: 10 },
  handle: ({ mesh: service }, { status, mesh, client_message_id, limit = 50, cursor }) => {
    if (mesh !== undefined) service.meshes.find(mesh);
    const before = cursor === undefined ? null : Number(cursor);
    const rows = service.rows.page({
      status: status ?? null,
      mesh: mesh ?? null,
      clientMessageId: client_message_id ?? null,
      limit: limit + 1,
      before,
    });
    const page = rows.slice(0, limit);
    return {
      messages: page.map(wireRow),
      totals: mesh === undefined ? service.rows.counts() : service.rows.open(mesh),
      next_cursor: rows.length > page.length ? String(page.at(-1)!.seq) : null,
    };
  },
});
