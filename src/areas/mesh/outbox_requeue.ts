import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JOINED, sent } from './example';
import { requeue } from './requeue';
import { RowId } from './schema';
import './service';

export const meshOutboxRequeue = defineOp({
  name: 'mesh_outbox_requeue',
  summary: 'Retire a message and send the same one anew under another key, to the same recipient.',
  scope: 'mesh.write',
  effect: 'write',
  input: strict({
    message: t.String({ minLength: 1, maxLength: 256, description: 'The id of its row, or its key.' }),
    new_client_message_id: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'The new key; one is made without it.' })),
  }),
  output: strict({ aborted_row_id: RowId, new_row_id: RowId, new_client_message_id: t.String() }),
  errors: ['no_such_message', 'conflict', 'idempotency_key_reused'],
  cli: { path: ['outbox', 'requeue'], positional: ['message'], rename: { new_client_message_id: 'new-key' }, essential: 'new_row_id' },
  example: { message: 'example-requeue' },
  exampleSetup: [JOINED, sent('example-requeue')],
  handle: async ({ mesh }, { message, new_client_message_id: newKey = null }) => {
    const { id } = mesh.outbox.either(message);
    const { old, newRowId, newKey: key } = await requeue(mesh, { id, newKey, by: 'operator' });
    return { aborted_row_id: old.id, new_row_id: newRowId, new_client_message_id: key };
  },
});
