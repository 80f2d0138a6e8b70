import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { peersOf } from '../peer_list';
import { answer, MESH, reply, sessionOf, V1 } from './answer';

export const v1Peers = defineRoute({
  ...V1,
  name: 'v1_peers',
  summary: 'Who is in the meshes now, as their brokers say.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/peers',
  input: strict({ mesh: MESH }),
  replies: [reply('The peers; `unreachable` names meshes whose brokers did not answer.')],
  errors: ['mesh_not_attached'],
  example: {},
  handle: async ({ mesh: service }, { mesh }, call) => {
    const { peers, unreachable } = await peersOf(service, mesh ?? sessionOf(service, call.headers)?.mesh ?? null);
    return answer({ peers, unreachable });
  },
});
