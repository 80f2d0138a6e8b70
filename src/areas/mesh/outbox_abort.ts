import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JOINED, sent } from './example';
import { RowId } from './schema';
import './service';

export const meshOutboxAbort = defineOp({
  name: 'mesh_outbox_abort',
  summary: 'Retire a message that was not handed over yet.',
  description: 'Its key stays used for ever. `was_inflight`: it may have reached the broker already.',
  scope: 'mesh.write',
  effect: 'destructive',
  input: strict({ message: t.String({ minLength: 1, maxLength: 256, description: 'The id of its row, or its key.' }) }),
  output: strict({ aborted_row_id: RowId, client_message_id: t.String(), was_inflight: t.Boolean() }),
  errors: ['no_such_message', 'conflict'],
  cli: { path: ['outbox', 'abort'], positional: ['message'], essential: 'aborted_row_id' },
  example: { message: 'example-abort' },
  exampleSetup: [JOINED, sent('example-abort')],
  handle: async ({ mesh }, { message }, call) => {
    const { id } = mesh.outbox.either(message);
    const retired = await mesh.outbox.abort(id, 'operator');
    if (!retired) throw call.fail('conflict', 'The message has ended already.');
    return { aborted_row_id: id, client_message_id: retired.row.client_message_id, was_inflight: retired.wasInflight };
  },
});
