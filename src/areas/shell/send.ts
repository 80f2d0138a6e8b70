import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { AnswerRow, MAX_TEXT, ShellId, TargetSchema } from './schema';
import './service';

const Ids = t.Array(ShellId);

export const send = defineOp({
  name: 'send',
  summary: 'Send a command to shells that accept them, and with `wait` get what each answers.',
  description:
    'It comes as `cmd:execute` to every connection of a shell, or is fetched at its next prompt. Only shells that opted in get it: when none of the targets did it is refused with `not_accepting`. ' +
    'A command that was not fetched within `timeout_ms` is not run. A wait that runs out is a success with `timed_out` and the answers there are.',
  scope: 'shell.write',
  effect: 'write',
  waits: true,
  input: strict({
    command: t.String({ minLength: 1, maxLength: MAX_TEXT, pattern: '^[^\\u0000]+$' }),
    target: TargetSchema,
    wait: t.Optional(t.Boolean({ default: false })),
    timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 86_400_000, default: 60_000 })),
  }),
  output: strict({
    delivered_to: Ids,
    delivered_count: t.Integer({ minimum: 0 }),
    delivery_id: t.Optional(t.String({ description: 'Absent when nobody was reached with wait.' })),
    wait: t.Optional(t.Boolean()),
    result: t.Optional(nullable(strict(AnswerRow, { description: 'The first answer.' }))),
    results: t.Optional(t.Array(strict({ shell_id: ShellId, ...AnswerRow }), { description: 'Every answer, in the order in which they came.' })),
    timed_out: t.Optional(t.Boolean()),
    not_reached: t.Array(ShellId, { description: 'Targets that accept commands and could not be reached.' }),
    refused: t.Array(ShellId, { description: 'Targets that do not accept commands.' }),
  }),
  errors: ['no_shell', 'user_mismatch', 'not_accepting', 'too_many'],
  example: { command: 'make test', target: { tag: 'builders' } },
  handle: async ({ shells }, { command, target, wait = false, timeout_ms = 60_000 }, call) => {
    const from = shells.callerOf(call.caller)?.id ?? 0;
    const sent = await shells.send(from, command, target, wait, timeout_ms, () => call.signal);
    const { deliveryId, delivered, missed, refused, answers, timedOut } = sent;
    const head = { delivered_to: [...delivered], delivered_count: delivered.length, not_reached: [...missed], refused: [...refused] };
    if (!wait) return { ...head, delivery_id: deliveryId };
    const [first] = answers;
    const result = first ? { exit_code: first.exit_code, stdout: first.stdout, stderr: first.stderr, ts_ns: first.ts_ns } : null;
    const waited = { ...head, wait: true, result, results: [...answers], timed_out: timedOut };
    return delivered.length === 0 ? waited : { ...waited, delivery_id: deliveryId };
  },
});
