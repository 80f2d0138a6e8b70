import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { answer, invalid, MESH, reply, timeOf, V1 } from './answer';

export const v1InboxClear = defineRoute({
  ...V1,
  name: 'v1_inbox_clear',
  summary: 'Delete messages of a mesh, before a time, or `all=true`.',
  scope: 'mesh.write',
  method: 'DELETE',
  path: '/v1/inbox',
  input: strict({ mesh: MESH, before: t.Optional(t.String({ maxLength: 64, description: 'An ISO time.' })), all: t.Optional(t.Boolean()) }),
  replies: [reply('How many were deleted.')],
  errors: ['mesh_not_attached'],
  example: { all: true },
  handle: async ({ mesh: service }, { mesh, before, all = false }) => {
    const time = timeOf(before, 'before');
    if (mesh === undefined && time === null && !all) throw invalid('name a mesh or a time, or say all=true', '');
    if (mesh !== undefined) service.meshes.find(mesh);
    return answer({ removed: await service.inbox.clear(mesh, time ?? undefined) });
  },
});
