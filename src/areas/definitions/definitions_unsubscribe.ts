import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import './service';

export const definitionsUnsubscribe = defineOp({
  name: 'definitions_unsubscribe',
  summary: 'Hear no more of changed definitions on this connection.',
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
    return { subscribed: false, was_subscribed: definitions.listeners.set(call.connection, false) };
  },
});
