import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { topicsOf } from '../topics';
import { answer, MESH, reply, V1 } from './answer';

export const v1TopicList = defineRoute({
  ...V1,
  name: 'v1_topic_list',
  summary: 'The topics of the meshes, and which of them are heard here.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/topic/list',
  input: strict({ mesh: MESH }),
  replies: [reply('The topics; `unreachable` names meshes whose brokers did not answer.')],
  errors: ['mesh_not_attached'],
  example: {},
  handle: async ({ mesh: service }, { mesh }) => answer(await topicsOf(service, mesh ?? null)),
});
