import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MeshSlug } from './schema';
import './service';

export const meshInboxDelete = defineOp({
  name: 'mesh_inbox_delete',
  summary: 'Delete messages: one, those of a mesh, those older than some seconds, or `all`.',
  scope: 'mesh.write',
  effect: 'destructive',
  input: strict({
    message_id: t.Optional(t.String({ minLength: 1, maxLength: 256 })),
    mesh: t.Optional(MeshSlug),
    older_than_secs: t.Optional(t.Integer({ minimum: 0, maximum: 3_153_600_000 })),
    all: t.Optional(t.Boolean()),
  }),
  output: strict({ removed: t.Integer({ minimum: 0 }) }),
  errors: ['no_such_message', 'mesh_not_attached'],
  cli: { path: ['inbox', 'delete'], positional: ['message_id'], essential: 'removed' },
  example: { older_than_secs: 86_400 },
  handle: async ({ mesh: service, clock }, { message_id, mesh, older_than_secs, all = false }, call) => {
    if (message_id !== undefined) {
      await service.inbox.remove(message_id);
      return { removed: 1 };
    }
    if (mesh === undefined && older_than_secs === undefined && !all)
      throw call.fail('bad_args', 'Name a message, a mesh or an age, or say `all`.', { path: '' });
    if (mesh !== undefined) service.meshes.find(mesh);
    return { removed: await service.inbox.clear(mesh, older_than_secs === undefined ? undefined : clock.now() - older_than_secs * 1000) };
  },
});
