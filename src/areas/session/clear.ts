import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { INFO, spokenTo, SessionName, speaker, wireInfo } from './schema';

export const clear = defineOp({
  name: 'session_clear',
  summary: 'Begin a new conversation in a session, with its counters at zero.',
  description: 'What was said stays in the history, before a `cleared` event; the agent knows nothing of it any more.',
  scope: 'session.write',
  effect: 'destructive',
  input: strict({ id: SessionName }),
  output: strict(INFO),
  errors: ['no_such_session', 'not_owner', 'busy', 'conflict'],
  cli: { path: ['session', 'clear'], positional: ['id'], essential: null },
  example: { id: 'clear' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'clear' } }],
  handle: async ({ sessions }, { id }, call) => wireInfo(await sessions.clear(spokenTo(sessions, id, call.caller), speaker(call.caller))),
});
