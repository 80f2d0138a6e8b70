import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { InviteId } from './enrol_schema';
import { MeshSlug } from './schema';
import './service';

export const meshUninvite = defineOp({
  name: 'mesh_uninvite',
  summary: 'Revoke a link that was given out; who joined by it stays.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({ invite: InviteId, mesh: t.Optional(MeshSlug) }),
  output: strict({ invite: t.String(), mesh: t.String() }),
  errors: ['mesh_required', 'mesh_not_attached', 'broker_unreachable', 'invite_refused'],
  cli: { path: ['mesh', 'uninvite'], positional: ['invite', 'mesh'], essential: 'invite' },
  example: { invite: 'exampleinvite', mesh: 'team' },
  exampleSetup: [
    { op: 'mesh_create', input: { mesh: 'team', name: 'ada' } },
    { op: 'mesh_invite', input: { mesh: 'team', invite: 'exampleinvite' } },
  ],
  handle: async ({ mesh: { enroller, meshes } }, { invite, mesh }) => {
    const { joined } = meshes.pick(mesh ?? null);
    await (await enroller()).revoke(joined, invite);
    return { invite, mesh: joined.slug };
  },
});
