import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { named, SessionName } from './schema';

export const remove = defineOp({
  name: 'session_remove',
  summary: 'Forget a closed session with everything that was said in it.',
  scope: 'session.write',
  effect: 'destructive',
  waits: true,
  input: strict({ id: SessionName, force: t.Optional(t.Boolean({ default: false, description: 'Also one that is open.' })) }),
  output: strict({ session_id: t.String(), removed: t.Boolean() }),
  errors: ['no_such_session', 'busy'],
  cli: { path: ['session', 'remove'], positional: ['id'], essential: null },
  example: { id: 'remove', force: true },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'remove' } }],
  handle: async ({ sessions }, { id, force = false }) => {
    const session_id = named(sessions, id);
    await sessions.remove(session_id, force);
    return { session_id, removed: true };
  },
});
