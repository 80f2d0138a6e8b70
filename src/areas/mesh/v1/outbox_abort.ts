import { ZdError } from '../../../kernel/error';
import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

export const v1OutboxAbort = defineRoute({
  ...V1,
  name: 'v1_outbox_abort',
  summary: 'Retire a message that was not handed over, without a successor.',
  description: 'The body is `{id, aborted_by?}`. `was_inflight`: it may have reached the broker already.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/outbox/abort',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 4096 bytes.' },
  replies: [reply('Retired.')],
  errors: ['bad_json', 'too_large', 'conflict', 'no_such_message'],
  example: {},
  handle: async ({ mesh }, _, call) => {
    const { id, aborted_by: by = 'operator' } = await readObject(call, 4 * KiB);
    if (typeof id !== 'string' || id === '') throw invalid("missing 'id'", '/id');
    if (typeof by !== 'string') throw invalid("'aborted_by' must be a string", '/aborted_by');
    const retired = await mesh.outbox.abort(id, by.slice(0, 256) || 'operator');
    if (!retired) throw new ZdError('conflict', 'The message has ended already.', { extra: { error: 'already aborted, or already done' } });
    return answer({ aborted_row_id: id, client_message_id: retired.row.client_message_id, was_inflight: retired.wasInflight });
  },
});
