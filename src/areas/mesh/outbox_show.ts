import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JOINED, sent } from './example';
import { OUTBOX_ROW, wireRow } from './schema';
import './service';

export const meshOutboxShow = defineOp({
  name: 'mesh_outbox_get',
  summary: 'Show one message of the outbox and how far it is known to have come.',
  description: 'By its row or by its key. The broker is asked whether the recipient has it, when that may have changed.',
  scope: 'mesh.read',
  effect: 'read',
  input: strict({ message: t.String({ minLength: 1, maxLength: 256, description: 'The id of its row, or its key.' }) }),
  output: strict({ ...OUTBOX_ROW, target_spec: t.String(), meta: t.Unknown(), request_fingerprint: t.String() }),
  errors: ['no_such_message'],
  cli: { path: ['outbox', 'show'], positional: ['message'] },
  example: { message: 'example-get' },
  exampleSetup: [JOINED, sent('example-get')],
  handle: async ({ mesh }, { message }) => {
    const row = await mesh.receipts.refresh(mesh.outbox.either(message));
    return {
      ...wireRow(row),
      target_spec: row.target_spec,
      meta: row.meta === null ? null : JSON.parse(row.meta),
      request_fingerprint: Buffer.from(row.request_fingerprint).toString('hex'),
    };
  },
});
