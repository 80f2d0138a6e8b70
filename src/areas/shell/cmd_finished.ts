import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { announce } from './announce';
import { MAX_TEXT } from './schema';
import './service';

/** Shells report a signal as 128 and its number. */
const BY_SIGNAL = 128;

export const cmdFinished = defineOp({
  name: 'cmd_finished',
  summary: 'Tell the other shells that a long command is over, and how.',
  description: 'As `long_cmd_complete`, `long_cmd_failed` (another code than 0) or `long_cmd_signaled` (negative, or 129 and more).',
  scope: 'shell.write',
  effect: 'write',
  input: strict({
    line: t.String({ maxLength: MAX_TEXT }),
    exit_code: t.Integer({ minimum: -2_147_483_648, maximum: 2_147_483_647 }),
    duration_ns: t.Integer({ minimum: 0 }),
    shell_id: t.Optional(t.Integer({ minimum: 0, default: 0, description: 'By default the shell whose call this is.' })),
    cwd: t.Optional(t.String({ maxLength: 4096 })),
  }),
  output: strict({ delivered_to: t.Integer({ minimum: 0, description: 'Connections it was queued to.' }) }),
  errors: [],
  cli: {
    path: ['shell', 'finished'],
    positional: ['line'],
    rename: { shell_id: 'shell', exit_code: 'exit' },
    essential: 'delivered_to',
  },
  example: { line: 'make world', exit_code: 0, duration_ns: 61_000_000_000, cwd: '/tmp' },
  handle: async ({ shells, events, clock }, { line, exit_code, duration_ns, shell_id = 0, cwd = null }, call) => {
    const from = shell_id === 0 ? (shells.callerOf(call.caller)?.id ?? 0) : shell_id;
    const how = exit_code < 0 || exit_code > BY_SIGNAL ? 'signaled' : exit_code === 0 ? 'complete' : 'failed';
    const data = { from_shell: from, command: line, exit_code, duration_ns, cwd, ts_ns: nanos(clock.now()) };
    return { delivered_to: await announce({ shells, events }, `long_cmd_${how}`, from, data) };
  },
});
