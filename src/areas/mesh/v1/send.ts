import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { ZdError } from '../../../kernel/error';
import { readSendRequest } from '../send_request';
import { answer, KiB, readJson, reply, sessionOf, V1 } from './answer';

export const v1Send = defineRoute({
  ...V1,
  name: 'v1_send',
  summary: 'Accept a message for sending, once per key.',
  description: [
    'The body is `{to, message, priority?, meta?, reply_to_id?, client_message_id?, mesh?}`; the header `Idempotency-Key` wins over the key in the body, and one is made when there is none.',
    '202: it is stored and will be sent, or is under way. 200: it was handed to the broker before. 409: the key was used for another message, or for one that ended.',
    '`to` is a key, the beginning of one (16 characters at least), a name, `@group`, `#topic`, or `*`.',
  ].join('\n'),
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/send',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 262144 bytes.' },
  replies: [reply('Handed to the broker before.'), reply('Stored.', 202)],
  errors: [
    'bad_json',
    'too_large',
    'mesh_required',
    'mesh_not_attached',
    'idempotency_key_reused',
    'no_such_target',
    'ambiguous_target',
    'broker_unreachable',
    'host_mismatch',
  ],
  example: {},
  handle: async ({ mesh }, _, call) => {
    const body = await readJson(call, 256 * KiB);
    const request = readSendRequest(body, call.headers.get('idempotency-key'));
    const { verdict } = await mesh.outbox.send(request, sessionOf(mesh, call.headers));
    if (verdict.status === 409) throw new ZdError('idempotency_key_reused', undefined, { extra: { ...verdict.body } });
    return answer(verdict.body, verdict.status);
  },
});
