import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { queueOf } from './queue';
import { numberOf, RequestId } from './schema';
import './service';

export const dismiss = defineOp({
  name: 'ask_dismiss',
  summary: 'Drop one question of a queue, or all of them, unanswered; the askers are told.',
  description: 'The queue of another shell needs the scope `ask.admin`.',
  scope: 'ask.write',
  effect: 'destructive',
  input: strict({
    request_id: t.Optional(RequestId),
    all: t.Optional(t.Boolean()),
    reason: t.Optional(t.String({ minLength: 1, maxLength: 256, default: 'dismissed' })),
    shell_id: t.Optional(t.Integer({ minimum: 1, description: 'By default the shell whose call this is.' })),
  }),
  output: strict({
    dismissed: t.Integer({ minimum: 0 }),
    originators_notified: t.Integer({ minimum: 0, description: 'Of how many the asker heard at once.' }),
  }),
  errors: ['no_shell'],
  cli: { path: ['ask', 'dismiss'], positional: ['request_id'], rename: { shell_id: 'shell', request_id: 'id' }, essential: 'dismissed' },
  example: { all: true, shell_id: 1 },
  exampleSetup: [{ op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } }],
  handle: async (services, { request_id, all = false, reason = 'dismissed', shell_id }, call) => {
    if (all === (request_id !== undefined)) throw call.fail('bad_args', '/request_id: give either this or all', { path: '/request_id' });
    const shell = queueOf(services, shell_id, call);
    const number = request_id === undefined ? null : numberOf(request_id);
    const { dismissed, notified } = await services.asks.dismiss(shell, number, reason, call.connection);
    return { dismissed, originators_notified: notified };
  },
});
