import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import type {} from '../shell/service';
import { numberOf, RequestId } from './schema';
import './service';

export const progress = defineOp({
  name: 'ask_progress',
  summary: 'Say how far something is that a shell was told of with `ask_ask` and the kind progress.',
  description:
    'By whoever asked: what a shell asked is for that shell, or needs the scope `ask.admin`. The connections of the shell hear `ask:progress`, and its queue shows the newest state; no prompt is touched. ' +
    'With `done` it is over: it leaves the queue, and `ask_wait` returns.',
  scope: 'ask.write',
  effect: 'write',
  input: strict({
    request_id: RequestId,
    label: t.Optional(t.String({ minLength: 1, maxLength: 1024, description: 'What it is about; by default what was said before.' })),
    percent: t.Optional(t.Number({ minimum: 0, maximum: 100, description: 'By default what was said before.' })),
    eta_ms: t.Optional(nullable(t.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'What is left; null when nobody knows.' }))),
    done: t.Optional(t.Boolean({ default: false })),
  }),
  output: strict({
    request_id: RequestId,
    label: nullable(t.String()),
    percent: nullable(t.Number()),
    eta_ms: nullable(t.Integer()),
    done: t.Boolean(),
    delivered_to: t.Integer({ minimum: 0, description: 'Connections it was queued to.' }),
  }),
  errors: ['no_originator', 'bad_kind'],
  cli: { path: ['ask', 'progress'], positional: ['request_id', 'percent'], rename: { request_id: 'id' }, essential: 'delivered_to' },
  example: { request_id: 'ask-1', label: 'copying', percent: 40, eta_ms: 9000 },
  exampleSetup: [
    { op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } },
    { op: 'ask_ask', input: { kind: 'progress', target: { shell_id: 1 } } },
  ],
  handle: async ({ asks, shells }, { request_id, done = false, ...said }, call) => {
    const found = asks.find(numberOf(request_id));
    if (!found) throw call.fail('no_originator', `There is no question ${request_id}.`, { path: '/request_id' });
    if (found.fromShell !== 0 && found.fromShell !== shells.callerOf(call.caller)?.id) call.need('ask.admin');
    if (found.kind !== 'progress') throw call.fail('bad_kind', `${request_id} is of the kind ${found.kind}, not progress.`, { path: '/request_id' });
    return { request_id, done, ...(await asks.progress(found.number, said, done)) };
  },
});
