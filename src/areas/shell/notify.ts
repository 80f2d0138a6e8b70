import { uniqueId } from '../../kernel/ids';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MAX_TEXT, ShellId, TargetSchema, Urgency } from './schema';
import './service';

/** A notice that was not fetched by then says nothing new any more. */
const KEPT_MS = 3_600_000;

export const notify = defineOp({
  name: 'notify',
  summary: 'Show a message in shells.',
  description: 'It comes as `notify` to every connection of a shell, or is shown at its prompt.',
  scope: 'shell.write',
  effect: 'write',
  input: strict({ message: t.String({ minLength: 1, maxLength: MAX_TEXT }), urgency: t.Optional(Urgency), target: TargetSchema }),
  output: strict({ delivered_to: t.Array(ShellId), delivered_count: t.Integer({ minimum: 0 }), not_reached: t.Array(ShellId) }),
  errors: ['no_shell', 'user_mismatch'],
  example: { message: 'the build is green', target: { all: true } },
  handle: ({ shells }, { message, urgency = 'normal', target }, call) => {
    const from = shells.callerOf(call.caller)?.id ?? 0;
    const delivery_id = `notify-${uniqueId()}`;
    const event = { delivery_id, from_shell: from, message, urgency };
    const targets = shells.resolve(target, from);
    const reached = targets.filter(
      (shell) =>
        shells.tell(shell.id, 'notify', event) > 0 ||
        shells.ring(shell, { kind: 'notify', delivery_id, from_shell: from, text: message, urgency }, KEPT_MS),
    );
    const ids = reached.map(({ id }) => id);
    return { delivered_to: ids, delivered_count: ids.length, not_reached: targets.map(({ id }) => id).filter((id) => !ids.includes(id)) };
  },
});
