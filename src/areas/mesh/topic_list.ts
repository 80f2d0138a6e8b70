import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import { MeshSlug } from './schema';
import { topicsOf } from './topics';
import './service';

export const meshTopicList = defineOp({
  name: 'mesh_topic_list',
  summary: 'List the topics of the meshes, and which of them are heard here.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({ mesh: t.Optional(MeshSlug) }),
  output: strict({
    topics: t.Array(t.Object({ mesh: t.String(), name: t.Optional(t.Unknown()), subscribed: t.Boolean() }, { additionalProperties: true })),
    unreachable: t.Array(t.String(), { description: 'Meshes whose brokers did not answer; of them only what is heard is shown.' }),
  }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'topic', 'list'], table: { rows: 'topics', columns: ['mesh', 'name', 'subscribed'] } },
  example: { mesh: EXAMPLE_MESH },
  exampleSetup: [JOINED],
  handle: ({ mesh: service }, { mesh }) => topicsOf(service, mesh ?? null) as Promise<never>,
});
