import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { INFO, named, SessionName, wireInfo } from './schema';

export const close = defineOp({
  name: 'session_close',
  summary: 'End a session: its turn is cancelled, its agent ended, its transcript kept.',
  scope: 'session.write',
  effect: 'write',
  waits: true,
  input: strict({ id: SessionName }),
  output: strict(INFO),
  errors: ['no_such_session'],
  cli: { path: ['session', 'close'], positional: ['id'], essential: null },
  example: { id: 'close' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'close' } }],
  handle: async ({ sessions }, { id }) => wireInfo(await sessions.close(named(sessions, id))),
});
