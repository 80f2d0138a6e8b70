import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import type {} from '../shell/service';
import { numberOf, RequestId } from './schema';
import './service';

export const wait = defineOp({
  name: 'ask_wait',
  summary: 'Wait for the answer to a question, or read it.',
  description:
    'By whoever asked: what a shell asked is for that shell, or needs the scope `ask.admin`. An ended question can be read for `ask.keep_secs`.',
  scope: 'ask.read',
  effect: 'read',
  waits: true,
  input: strict({
    request_id: RequestId,
    timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0, description: '0: do not wait.' })),
  }),
  output: strict({
    request_id: RequestId,
    state: t.Union(['queued', 'taken', 'answered', 'cancelled', 'expired'].map((state) => t.Literal(state))),
    value: t.Unknown(),
    cancelled: t.Boolean(),
    reason: t.Union([t.String(), t.Null()]),
    timed_out: t.Boolean({ description: 'It is open still.' }),
  }),
  errors: ['no_originator'],
  cli: { path: ['ask', 'wait'], positional: ['request_id'], rename: { request_id: 'id', timeout_ms: 'for-ms' }, essential: 'value' },
  example: { request_id: 'ask-1' },
  exampleSetup: [
    { op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } },
    { op: 'ask_ask', input: { kind: 'input', target: { shell_id: 1 } } },
  ],
  handle: async ({ asks, shells }, { request_id, timeout_ms = 0 }, call) => {
    const missing = () => call.fail('no_originator', `There is no question ${request_id}.`, { path: '/request_id' });
    const found = asks.find(numberOf(request_id));
    if (!found) throw missing();
    if (found.fromShell !== 0 && found.fromShell !== shells.callerOf(call.caller)?.id) call.need('ask.admin');
    const now = await asks.wait(found.number, timeout_ms, () => call.signal);
    if (!now) throw missing();
    const { state, value, reason } = now;
    return { request_id, state, value, cancelled: state === 'cancelled', reason, timed_out: state === 'queued' || state === 'taken' };
  },
});
