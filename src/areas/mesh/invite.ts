import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { INVITATION, InviteId, wireInvitation } from './enrol_schema';
import './service';

export const meshInvite = defineOp({
  name: 'mesh_invite',
  summary: 'Make a link with which others join a mesh that this daemon owns.',
  description:
    'The key of the mesh is in no link that the broker could read: it keeps it sealed, and only the link opens it. `v1` makes a link for claudemesh ' +
    'clients, which carries that key itself.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({
    mesh: t.Optional(t.String({ minLength: 1, maxLength: 64, description: 'The only one joined without it.' })),
    role: t.Optional(t.Union([t.Literal('member'), t.Literal('admin')], { default: 'member' })),
    ttl_secs: t.Optional(t.Integer({ minimum: 60, maximum: 31_536_000, default: 604_800 })),
    max_uses: t.Optional(t.Integer({ minimum: 1, maximum: 1_000_000, default: 1 })),
    invite: t.Optional({ ...InviteId, description: 'What the invitation shall be called; a name of its own without it.' }),
    v1: t.Optional(t.Boolean({ description: 'For claudemesh clients.' })),
  }),
  output: INVITATION,
  errors: ['mesh_required', 'mesh_not_attached', 'broker_unreachable', 'invite_refused'],
  cli: { path: ['mesh', 'invite'], positional: ['mesh'], rename: { ttl_secs: 'ttl' }, essential: 'link' },
  example: { mesh: 'team', max_uses: 5 },
  exampleSetup: [{ op: 'mesh_create', input: { mesh: 'team', name: 'ada' } }],
  handle: async ({ mesh: { enroller, meshes } }, { mesh, role = 'member', ttl_secs = 604_800, max_uses = 1, invite, v1 = false }) => {
    const { joined } = meshes.pick(mesh ?? null);
    const wish = { id: invite ?? null, role, ttlMs: ttl_secs * 1000, maxUses: max_uses, version: v1 ? 1 : 2 } as const;
    return wireInvitation(joined.slug, max_uses, await (await enroller()).invite(joined, wish));
  },
});
