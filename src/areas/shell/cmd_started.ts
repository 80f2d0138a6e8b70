import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { announce } from './announce';
import { MAX_TEXT } from './schema';
import './service';

export const cmdStarted = defineOp({
  name: 'cmd_started',
  summary: 'Tell the other shells that a command has been running for a while.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({
    line: t.Optional(t.String({ maxLength: MAX_TEXT, default: '' })),
    shell_id: t.Optional(t.Integer({ minimum: 0, default: 0, description: 'By default the shell whose call this is.' })),
    cwd: t.Optional(t.String({ maxLength: 4096 })),
  }),
  output: strict({ delivered_to: t.Integer({ minimum: 0, description: 'Connections it was queued to.' }) }),
  errors: [],
  cli: { path: ['shell', 'started'], positional: ['line'], rename: { shell_id: 'shell' }, essential: 'delivered_to' },
  example: { line: 'make world', cwd: '/tmp' },
  handle: async ({ shells, events, clock }, { line = '', shell_id = 0, cwd = null }, call) => {
    const from = shell_id === 0 ? (shells.callerOf(call.caller)?.id ?? 0) : shell_id;
    const data = { from_shell: from, command: line, cwd, ts_ns: nanos(clock.now()) };
    return { delivered_to: await announce({ shells, events }, 'long_cmd_started', from, data) };
  },
});
