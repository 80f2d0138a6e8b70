import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

export const definitionsSubscribe = defineOp({
  name: 'definitions_subscribe',
  summary: 'Hear of every change of the definitions on this connection.',
  description:
    'Over /ws only; it ends with the socket. Events come as `recorder_ingested`, `definitions_emitted` and `canonical_changed`. Over HTTP open GET /stream/definitions.',
  scope: 'defs.read',
  effect: 'write',
  input: strict({}),
  output: strict({ subscribed: t.Boolean(), was_subscribed: t.Boolean() }),
  errors: ['no_session'],
  example: {},
  handle: ({ definitions }, _, call) => {
    if (!call.connection) throw call.fail('no_session');
    return { subscribed: true, was_subscribed: definitions.listeners.set(call.connection, true) };
  },
});
