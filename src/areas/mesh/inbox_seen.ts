import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

export const meshInboxSeen = defineOp({
  name: 'mesh_inbox_seen',
  summary: 'Mark messages as seen.',
  scope: 'mesh.write',
  effect: 'write',
  input: strict({ ids: t.Array(t.String({ minLength: 1, maxLength: 256 }), { minItems: 1, maxItems: 1000 }) }),
  output: strict({ marked_seen: t.Integer({ minimum: 0, description: 'How many of them were unread.' }) }),
  errors: [],
  cli: { path: ['inbox', 'seen'], positional: ['ids'], rest: 'ids', essential: 'marked_seen' },
  example: { ids: ['0190a0e0-0000-7000-8000-000000000000'] },
  handle: async ({ mesh }, { ids }) => ({ marked_seen: await mesh.inbox.seen(ids) }),
});
