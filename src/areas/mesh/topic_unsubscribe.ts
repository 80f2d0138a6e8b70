import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import { MeshSlug } from './schema';
import { subscribeTopic } from './topics';
import './service';

export const meshTopicUnsubscribe = defineOp({
  name: 'mesh_topic_unsubscribe',
  summary: 'Hear a topic no more.',
  scope: 'mesh.write',
  effect: 'write',
  input: strict({ topic: t.String({ minLength: 1, maxLength: 256, pattern: '^#?[^#\\u0000-\\u001f\\u007f]+$' }), mesh: t.Optional(MeshSlug) }),
  output: strict({ topic: t.String(), mesh: t.String(), subscribed: t.Boolean(), told: t.Boolean({ description: 'The broker knows by now.' }) }),
  errors: ['mesh_not_attached'],
  cli: { path: ['mesh', 'topic', 'unsubscribe'], positional: ['topic'], essential: 'topic' },
  example: { mesh: EXAMPLE_MESH, topic: 'builds' },
  exampleSetup: [JOINED],
  handle: ({ mesh: service }, { topic, mesh }) => subscribeTopic(service, mesh ?? null, topic, false),
});
