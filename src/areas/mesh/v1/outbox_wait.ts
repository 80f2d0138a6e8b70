import { defineRoute } from '../../../kernel/route';
import { strict, t } from '../../../kernel/schema';
import { ipcDetail } from '../outbox_row';
import { WaitFor } from '../schema';
import { isOver } from '../wait_goal';
import { answer, reply, V1 } from './answer';

export const v1OutboxWait = defineRoute({
  ...V1,
  name: 'v1_outbox_wait',
  summary: 'Wait until a message is handed over, stored by its recipient or seen there, or has ended otherwise.',
  scope: 'mesh.read',
  method: 'GET',
  path: '/v1/outbox/:id/wait',
  input: strict({
    id: t.String({ minLength: 1, maxLength: 256 }),
    until: t.Optional(WaitFor),
    timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 600_000, default: 30_000 })),
  }),
  replies: [reply('The message as it is then; `timed_out` when the time was over first.')],
  errors: ['no_such_message'],
  example: { id: '0190a0e0-0000-7000-8000-000000000000', timeout_ms: 0 },
  handle: async ({ mesh }, { id, until = 'handed', timeout_ms = 30_000 }, call) => {
    const row = await mesh.receipts.waitFor(until, mesh.outbox.get(id).id, timeout_ms, () => call.signal);
    return answer({ ...ipcDetail(row), timed_out: !isOver(until, row) });
  },
});
