import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import './service';

export const meshReconnect = defineOp({
  name: 'mesh_reconnect',
  summary: 'Connect to the broker of a mesh anew at once, also after it ended the link for good.',
  scope: 'mesh.admin',
  effect: 'write',
  input: strict({ mesh: t.String({ minLength: 1, maxLength: 64 }) }),
  output: strict({ mesh: t.String(), state: t.String() }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'reconnect'], positional: ['mesh'], essential: 'state' },
  example: { mesh: EXAMPLE_MESH },
  exampleSetup: [JOINED],
  handle: ({ mesh: service }, { mesh }) => {
    const found = service.meshes.find(mesh);
    found.reconnect();
    return { mesh, state: found.link.state };
  },
});
