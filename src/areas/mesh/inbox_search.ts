import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Limit, MeshSlug, Message, wireMessage } from './schema';
import './service';

export const meshInboxSearch = defineOp({
  name: 'mesh_inbox_search',
  summary: 'Find messages whose text, sender or topic holds some words, newest first. None is marked as seen.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({ words: t.String({ minLength: 1, maxLength: 1024 }), mesh: t.Optional(MeshSlug), limit: Limit(1000, 100) }),
  output: strict({ messages: t.Array(Message) }),
  errors: ['mesh_not_attached'],
  cli: { path: ['inbox', 'search'], positional: ['words'], table: { rows: 'messages', columns: ['message_id', 'sender_name', 'topic', 'body'] } },
  example: { words: 'build' },
  handle: async ({ mesh: service }, { words, mesh, limit = 100 }, call) => {
    if (mesh !== undefined) service.meshes.find(mesh);
    const query = { mesh: mesh ?? null, topic: null, from: null, since: null, unreadOnly: false, recipients: null, before: null };
    const rows = await service.inbox.search(words, query, limit, () => call.signal);
    return { messages: rows.map(wireMessage) };
  },
});
