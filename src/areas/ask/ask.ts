import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import type {} from '../shell/service';
import { MAX_JSON_BYTES, RequestId, tooLong } from './schema';
import { KINDS } from './service';

const ShellId = t.Integer({ minimum: 1 });

export const ask = defineOp({
  name: 'ask_ask',
  summary: 'Ask the user of one or more shells something; it waits there until it is answered, dismissed or over.',
  description:
    'Nothing appears in the prompt by itself: connections of the shell hear `ask:pending`, and the user takes it. The asker hears `ask:response`, or `ask:timeout`; `ask_wait` waits for either. ' +
    'The queue is stored, and goes with its shell. Of the target the first member in the order shell_id, self, all, tag counts.',
  scope: 'ask.write',
  effect: 'write',
  input: strict({
    kind: t.String({ maxLength: 64, description: 'picker, input, dialog, menu or progress.' }),
    target: strict({
      shell_id: t.Optional(ShellId),
      self: t.Optional(t.Boolean()),
      all: t.Optional(t.Boolean({ description: 'Every shell but the one that asks.' })),
      tag: t.Optional(t.String({ minLength: 1, maxLength: 64 })),
    }),
    payload: t.Optional(t.Unknown({ description: 'Any JSON of at most 64 KiB: prompt, message, items, options and the like.' })),
    urgency: t.Optional(t.String({ minLength: 1, maxLength: 32, default: 'normal', description: 'low, normal, high or critical.' })),
    timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 3_153_600_000_000, default: 3_600_000, description: '0: never.' })),
  }),
  output: strict({
    queued: t.Array(strict({ request_id: RequestId, target_shell: ShellId, pending_count: t.Integer({ minimum: 1 }) })),
    queued_count: t.Integer({ minimum: 0 }),
    request_id: t.Optional(RequestId),
    queued_at_target: t.Optional(ShellId),
    pending_count: t.Optional(t.Integer({ minimum: 1 })),
  }),
  errors: ['bad_kind', 'no_shell', 'too_many', 'too_large'],
  example: { kind: 'progress', target: { shell_id: 1 }, payload: { message: 'Copying the backup' } },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: async ({ asks, shells }, { kind, target, payload = null, urgency = 'normal', timeout_ms = 3_600_000 }, call) => {
    if (!(KINDS as readonly string[]).includes(kind))
      throw call.fail('bad_kind', `${JSON.stringify(kind)} is none of ${KINDS.join(', ')}.`, { path: '/kind' });
    if (tooLong(payload)) throw call.fail('too_large', undefined, { path: '/payload', extra: { limit: MAX_JSON_BYTES } });
    const from = shells.callerOf(call.caller)?.id ?? 0;
    const { shell_id, self, all, tag } = target;
    const first = shell_id !== undefined ? { shell_id } : self ? { self } : all ? { all } : tag === undefined ? null : { tag };
    if (!first) throw call.fail('bad_args', '/target: needs one of shell_id, self, all or tag', { path: '/target' });
    const targets = shells.resolve(first, from).map(({ id }) => id);
    const queued = await asks.ask(from, targets, { kind, payload, urgency, timeoutMs: timeout_ms });
    const [only] = queued;
    const reply = { queued, queued_count: queued.length };
    if (queued.length !== 1) return reply;
    return { ...reply, request_id: only!.request_id, queued_at_target: only!.target_shell, pending_count: only!.pending_count };
  },
});
