import { defineRoute } from '../../../kernel/route';
import { strict } from '../../../kernel/schema';
import { requeue } from '../requeue';
import { answer, invalid, KiB, readObject, reply, V1 } from './answer';

export const v1OutboxRequeue = defineRoute({
  ...V1,
  name: 'v1_outbox_requeue',
  summary: 'Retire a message and send the same one anew under another key.',
  description:
    'The body is `{id, new_client_message_id?, aborted_by?}`. The old key stays retired for ever; recipient, body and protection stay as they were.',
  scope: 'mesh.write',
  method: 'POST',
  path: '/v1/outbox/requeue',
  input: strict({}),
  requestBody: { type: 'application/json', description: 'At most 4096 bytes.' },
  replies: [reply('Retired and sent anew.')],
  errors: ['bad_json', 'too_large', 'conflict', 'idempotency_key_reused'],
  example: {},
  handle: async ({ mesh }, _, call) => {
    const { id, new_client_message_id: newKey = null, aborted_by: by = 'operator' } = await readObject(call, 4 * KiB);
    if (typeof id !== 'string' || id === '') throw invalid("missing 'id'", '/id');
    if (newKey !== null && typeof newKey !== 'string') throw invalid("'new_client_message_id' must be a string", '/new_client_message_id');
    if (typeof by !== 'string') throw invalid("'aborted_by' must be a string", '/aborted_by');
    const { old, newRowId, newKey: key } = await requeue(mesh, { id, newKey, by: by || 'operator' });
    return answer({ aborted_row_id: old.id, new_row_id: newRowId, new_client_message_id: key });
  },
});
