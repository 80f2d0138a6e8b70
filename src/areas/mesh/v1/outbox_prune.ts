import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

const ENDED = ['done', 'dead', 'aborted'] as const;

export const v1OutboxPrune = defineRoute({
  ...V1,
  name: 'v1_outbox_prune',
  summary: 'Wipe the content of messages that ended. Id, key, fingerprint and outcome stay.',
  description:
    'The body is `{before?, statuses?}`: messages accepted before an ISO time (now by default), of done, dead and aborted (all by default).',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/outbox/prune',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 4096 bytes.' },
  replies: [reply('How many were wiped.')],
  errors: ['bad_json', 'too_large'],
  example: {},
  handle: async ({ mesh, clock }, _, call) => {
    const { before, statuses = ENDED } = await readObject(call, 4 * KiB);
    const time = before === undefined ? clock.now() : Date.parse(String(before));
    if (Number.isNaN(time)) throw invalid("'before' is not a time", '/before');
    if (!Array.isArray(statuses) || statuses.length === 0 || !statuses.every((each) => ENDED.includes(each as 'done')))
      throw invalid("'statuses' must be of done, dead and aborted", '/statuses');
    return answer({ pruned: await mesh.outbox.prune(statuses as (typeof ENDED)[number][], time) });
  },
});
