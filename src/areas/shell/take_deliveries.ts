import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ShellId } from './schema';
import './service';

export const takeDeliveries = defineOp({
  name: 'take_deliveries',
  summary: 'Fetch what waits for this shell: commands to run, messages and questions to show. Each comes once.',
  description: 'What waits for another shell needs the scope `shell.admin`.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({ shell_id: t.Optional({ ...ShellId, description: 'By default the shell whose call this is.' }) }),
  output: strict({
    deliveries: t.Array(
      strict({
        kind: t.Union([t.Literal('command'), t.Literal('notify'), t.Literal('ask')]),
        delivery_id: t.String(),
        from_shell: t.Integer({ minimum: 0 }),
        text: t.String(),
        urgency: t.String(),
      }),
    ),
  }),
  errors: ['no_shell'],
  example: { shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: ({ shells }, { shell_id }, call) => {
    const self = shells.callerOf(call.caller);
    const shell = shell_id === undefined ? self : shells.find(shell_id);
    if (!shell) throw call.fail('no_shell', shell_id === undefined ? 'This call comes from no registered shell.' : `There is no shell ${shell_id}.`);
    if (shell.id !== self?.id) call.need('shell.admin');
    return { deliveries: shells.fetch(shell.id) };
  },
});
