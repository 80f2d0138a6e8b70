import { ZdError } from '../../../kernel/error';
import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { readSendRequest } from '../send_request';
import { topicTarget } from '../topics';
import { answer, invalid, KiB, readObject, reply, sessionOf, V1 } from './answer';

export const v1TopicPost = defineRoute({
  ...V1,
  name: 'v1_topic_post',
  summary: 'Post to a topic: /v1/send with `topic`, a name or an id, in place of `to`.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/topic/post',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 262144 bytes.' },
  replies: [reply('Handed to the broker before.'), reply('Stored.', 202)],
  errors: ['bad_json', 'too_large', 'mesh_not_attached', 'idempotency_key_reused', 'no_such_target', 'broker_unreachable'],
  example: {},
  handle: async ({ mesh }, _, call) => {
    const { topic, ...body } = await readObject(call, 256 * KiB);
    if (typeof topic !== 'string' || topic.trim() === '') throw invalid("missing 'topic'", '/topic');
    const request = readSendRequest({ ...body, to: topicTarget(topic.trim()) }, call.headers.get('idempotency-key'));
    const { verdict } = await mesh.outbox.send(request, sessionOf(mesh, call.headers));
    if (verdict.status === 409) throw new ZdError('idempotency_key_reused', undefined, { extra: { ...verdict.body } });
    return answer(verdict.body, verdict.status);
  },
});
