import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { EXAMPLE_MESH, JOINED } from './example';
import { MeshSlug } from './schema';
import { readSendRequest } from './send_request';
import { topicTarget } from './topics';
import './service';

export const meshTopicPost = defineOp({
  name: 'mesh_topic_post',
  summary: 'Post to a topic, as `mesh_send` sends.',
  scope: 'mesh.write',
  effect: 'write',
  input: strict({
    topic: t.String({ minLength: 1, maxLength: 256, description: 'Its name, which needs the broker, or its id.' }),
    message: t.String(),
    mesh: t.Optional(MeshSlug),
    client_message_id: t.Optional(t.String({ maxLength: 256 })),
  }),
  output: strict({ client_message_id: t.String(), status: t.String(), mesh: t.String() }),
  errors: ['idempotency_key_reused', 'mesh_not_attached', 'no_such_target', 'broker_unreachable', 'too_large'],
  maxBody: 256 * 1024,
  cli: { path: ['mesh', 'topic', 'post'], positional: ['topic', 'message'], essential: 'client_message_id' },
  example: { mesh: EXAMPLE_MESH, topic: 'builds0123456789abcdefghi', message: 'the build is green' },
  exampleSetup: [JOINED],
  handle: async ({ mesh: service }, { topic, ...rest }, call) => {
    const { verdict, clientMessageId, mesh } = await service.outbox.send(readSendRequest({ ...rest, to: topicTarget(topic.trim()) }, null), null);
    if (verdict.status === 409) throw call.fail('idempotency_key_reused', undefined, { extra: { ...verdict.body, error: undefined } });
    return { client_message_id: clientMessageId, mesh, status: verdict.status === 200 ? 'done' : verdict.body.status };
  },
});
