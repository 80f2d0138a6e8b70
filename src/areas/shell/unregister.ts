import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ShellId } from './schema';
import './service';

export const unregister = defineOp({
  name: 'unregister',
  summary: 'Forget a shell, with its tags and its open questions.',
  description: 'The shell whose call this is; another one needs the scope `shell.admin`.',
  scope: 'shell.write',
  effect: 'destructive',
  input: strict({ shell_id: t.Optional(ShellId) }),
  output: strict({ removed: t.Boolean() }),
  errors: ['no_shell'],
  cli: { path: ['shell', 'unregister'], positional: ['shell_id'], essential: 'removed' },
  example: { shell_id: 1_000_000 },
  handle: async ({ shells }, { shell_id }, call) => {
    const self = shells.callerOf(call.caller)?.id;
    const id = shell_id ?? self;
    if (id === undefined) throw call.fail('no_shell', 'This call comes from no registered shell.');
    if (id !== self) call.need('shell.admin');
    return { removed: await shells.unregister(id) };
  },
});
