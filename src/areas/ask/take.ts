import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { queueOf } from './queue';
import { numberOf, RequestId } from './schema';
import './service';

export const take = defineOp({
  name: 'ask_take',
  summary: 'Take one question out of a queue to answer it: the named one, or the first.',
  description:
    'While it is not answered it comes back when the connection that took it ends, or after `ask.lease_secs`. The queue of another shell needs the scope `ask.admin`.',
  scope: 'ask.read',
  effect: 'write',
  input: strict({
    request_id: t.Optional(RequestId),
    shell_id: t.Optional(t.Integer({ minimum: 1, description: 'By default the shell whose call this is.' })),
  }),
  output: strict({
    request_id: nullable(RequestId),
    kind: t.Optional(t.String()),
    from_shell: t.Optional(t.Integer({ minimum: 0 })),
    urgency: t.Optional(t.String()),
    payload: t.Optional(t.Unknown()),
    remaining_pending: t.Integer({ minimum: 0 }),
  }),
  errors: ['no_shell'],
  cli: { path: ['ask', 'take'], positional: ['request_id'], rename: { shell_id: 'shell', request_id: 'id' } },
  example: { shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: async (services, { request_id, shell_id }, call) => {
    const { asks } = services;
    const shell = queueOf(services, shell_id, call);
    const taken = await asks.take(shell, request_id === undefined ? null : numberOf(request_id), call.connection);
    const remaining_pending = asks.pendingCount(shell);
    if (!taken) return { request_id: null, remaining_pending };
    const { number, kind, fromShell, urgency, payload } = taken;
    return { request_id: `ask-${number}`, kind, from_shell: fromShell, urgency, payload, remaining_pending };
  },
});
