import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { subscribeTopic } from '../topics';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

export const v1TopicSubscribe = defineRoute({
  ...V1,
  name: 'v1_topic_subscribe',
  summary: 'Hear a topic from now on, also after restarts.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/topic/subscribe',
  input: strict({}),
  requestBody: { type: 'application/json', description: '`{topic, mesh?}`; at most 4096 bytes.' },
  replies: [reply('Stored; `told` when the broker knows by now.')],
  errors: ['bad_json', 'too_large', 'mesh_not_attached'],
  example: {},
  handle: async ({ mesh: service }, _, call) => {
    const { topic, mesh = null } = await readObject(call, 4 * KiB);
    if (typeof topic !== 'string' || !/^#?[^\p{Cc}#]{1,256}$/u.test(topic.trim())) throw invalid("missing 'topic'", '/topic');
    if (mesh !== null && typeof mesh !== 'string') throw invalid("'mesh' must be a string", '/mesh');
    return answer(await subscribeTopic(service, mesh, topic, true));
  },
});
