import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MAX_JSON_BYTES, numberOf, RequestId, tooLong } from './schema';
import './service';

export const response = defineOp({
  name: 'ask_response',
  summary: 'Answer an open question; any client may.',
  description: 'It goes to whoever asked, as zd has it on record. The answer is kept for the asker alone.',
  scope: 'ask.write',
  effect: 'write',
  input: strict({
    request_id: RequestId,
    value: t.Optional(t.Unknown({ description: 'Any JSON of at most 64 KiB; null by default.' })),
    cancelled: t.Optional(t.Boolean({ default: false })),
    from_shell: t.Optional(t.Integer({ minimum: 0, description: 'The asker, when it is to be checked.' })),
  }),
  output: strict({ delivered: t.Boolean({ description: 'The asker heard of it at once; otherwise it can read it.' }) }),
  errors: ['no_originator', 'too_large'],
  cli: {
    path: ['ask', 'answer'],
    positional: ['request_id', 'value'],
    json: ['value'],
    rename: { from_shell: 'from', request_id: 'id' },
    essential: 'delivered',
  },
  example: { request_id: 'ask-1', value: 'main' },
  exampleSetup: [
    { op: 'register', input: { shell_pid: 1, shell_key: 'the key of an example' } },
    { op: 'ask_ask', input: { kind: 'input', target: { shell_id: 1 } } },
  ],
  handle: async ({ asks }, { request_id, value = null, cancelled = false, from_shell }, call) => {
    if (tooLong(value)) throw call.fail('too_large', undefined, { path: '/value', extra: { limit: MAX_JSON_BYTES } });
    return asks.respond(numberOf(request_id), value, cancelled, from_shell);
  },
});
