import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

export const meshAcceptHost = defineOp({
  name: 'mesh_accept_host',
  summary: 'Let the keys of the meshes belong to this machine from now on, and connect.',
  description: 'For a home that was copied or moved on purpose. Two machines with the same keys take messages from each other.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({}),
  output: strict({ fingerprint_prefix: t.String(), changed: t.Boolean() }),
  errors: [],
  cli: { path: ['mesh', 'accept-host'], essential: 'fingerprint_prefix' },
  example: {},
  handle: async ({ mesh }) => {
    const { fingerprint, changed } = await mesh.meshes.acceptHost();
    return { fingerprint_prefix: fingerprint.slice(0, 16), changed };
  },
});
