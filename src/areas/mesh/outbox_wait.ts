import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JOINED, sent } from './example';
import { OUTBOX_ROW, WaitFor, wireRow } from './schema';
import { isOver } from './wait_goal';
import './service';

export const meshOutboxWait = defineOp({
  name: 'mesh_outbox_wait',
  summary: 'Wait until a message was handed to the broker, stored by its recipient or seen there, or has ended otherwise.',
  scope: 'mesh.read',
  effect: 'read',
  waits: true,
  input: strict({
    message: t.String({ minLength: 1, maxLength: 256, description: 'The id of its row, or its key.' }),
    until: t.Optional(WaitFor),
    timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 86_400_000, default: 30_000 })),
  }),
  output: strict({ ...OUTBOX_ROW, timed_out: t.Boolean() }),
  errors: ['no_such_message'],
  cli: { path: ['outbox', 'wait'], positional: ['message'], rename: { timeout_ms: 'timeout-ms' }, essential: 'delivery' },
  example: { message: 'example-wait', timeout_ms: 10 },
  exampleSetup: [JOINED, sent('example-wait')],
  handle: async ({ mesh }, { message, until = 'handed', timeout_ms = 30_000 }, call) => {
    const row = await mesh.receipts.waitFor(until, mesh.outbox.either(message).id, timeout_ms, () => call.signal);
    return { ...wireRow(row), timed_out: !isOver(until, row) };
  },
});
