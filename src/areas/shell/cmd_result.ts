import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { DeliveryId, Output } from './schema';
import './service';

export const cmdResult = defineOp({
  name: 'cmd_result',
  summary: 'Answer a command that was sent to this shell.',
  description: 'Only a shell it was delivered to may. The largest output kept is 1 MiB of each kind.',
  scope: 'shell.write',
  effect: 'write',
  maxBody: 16 * 1024 * 1024,
  input: strict({
    delivery_id: DeliveryId,
    exit_code: t.Optional(t.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 })),
    stdout: t.Optional(Output),
    stderr: t.Optional(Output),
  }),
  output: strict({
    delivery_id: t.String(),
    resolved: t.Boolean({ description: 'False when nobody waits for it: unknown, answered, timed out, or sent without wait.' }),
  }),
  errors: ['not_target'],
  cli: { path: ['shell', 'result'], positional: ['delivery_id'], essential: 'resolved' },
  example: { delivery_id: 'send-00000000000000000000000000000000', exit_code: 0 },
  handle: ({ shells }, { delivery_id, exit_code = null, stdout = '', stderr = '' }, call) => {
    const shell = shells.callerOf(call.caller)?.id ?? 0;
    return { delivery_id, resolved: shells.answer(delivery_id, shell, { exit_code, stdout, stderr }) };
  },
});
