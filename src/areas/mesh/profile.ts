import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import { applyProfile } from './profile_request';
import { MeshSlug } from './schema';
import './service';

const Text = t.Optional(t.String({ maxLength: 4096 }));

export const ProfileFields = {
  summary: Text,
  status: t.Optional(t.Union([t.Literal('idle'), t.Literal('working'), t.Literal('dnd')])),
  visible: t.Optional(t.Boolean()),
  avatar: Text,
  title: Text,
  bio: Text,
  capabilities: t.Optional(t.Array(t.String({ maxLength: 256 }), { maxItems: 64 })),
};

export const meshProfile = defineOp({
  name: 'mesh_profile',
  summary: 'Say how others see this daemon. It holds from then on, also across restarts and while a broker is away.',
  scope: 'mesh.write',
  effect: 'write',
  input: strict({ ...ProfileFields, mesh: t.Optional(MeshSlug) }),
  output: strict({
    applied: t.Array(t.String()),
    meshes: t.Array(t.String()),
    reached: t.Array(t.String(), { description: 'Meshes whose brokers know it by now; the others hear it when they are back.' }),
  }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'profile'], essential: 'reached' },
  example: { mesh: EXAMPLE_MESH, summary: 'builds the documents', status: 'working' },
  exampleSetup: [JOINED],
  handle: ({ mesh: service }, { mesh, ...profile }, call) => {
    if (Object.keys(profile).length === 0) throw call.fail('bad_args', 'There is nothing to apply.', { path: '' });
    return applyProfile(service, mesh ?? null, profile);
  },
});
