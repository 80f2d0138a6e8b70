import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { APPROVAL, INFO, named, SessionName, wireApproval, wireInfo } from './schema';

export const info = defineOp({
  name: 'session_info',
  summary: 'One session: its state, what it used, and the approvals that wait for an answer.',
  scope: 'session.read',
  effect: 'read',
  input: strict({ id: SessionName }),
  output: strict({ ...INFO, approvals: t.Array(strict(APPROVAL)) }),
  errors: ['no_such_session'],
  cli: { path: ['session', 'info'], positional: ['id'] },
  example: { id: 'info' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'info' } }],
  handle: ({ sessions }, { id }) => {
    const session = named(sessions, id);
    return { ...wireInfo(sessions.info(session)), approvals: sessions.approvals(session).map(wireApproval) };
  },
});
