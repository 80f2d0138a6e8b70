import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { INFO, named, SessionName, Title, wireInfo } from './schema';

export const rename = defineOp({
  name: 'session_rename',
  summary: 'Give a session another title.',
  scope: 'session.write',
  effect: 'write',
  input: strict({ id: SessionName, title: Title }),
  output: strict(INFO),
  errors: ['no_such_session'],
  cli: { path: ['session', 'rename'], positional: ['id', 'title'], essential: null },
  example: { id: 'rename', title: 'tests' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'rename' } }],
  handle: async ({ sessions }, { id, title }) => wireInfo(await sessions.change(named(sessions, id), { title })),
});
