import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { turnId } from './event';
import { spokenTo, SessionName } from './schema';

export const cancel = defineOp({
  name: 'session_cancel',
  summary: 'End the turn under way, and forget what is queued behind it.',
  description: 'Answers when the turn has ended. Without a turn it does nothing and says so.',
  scope: 'session.write',
  effect: 'write',
  waits: true,
  input: strict({ id: SessionName }),
  output: strict({
    session_id: t.String(),
    turn_id: nullable(t.String({ description: 'The turn that was cancelled.' })),
    cancelled: t.Boolean(),
    dequeued: t.Integer({ description: 'Prompts that are not said any more.' }),
  }),
  errors: ['no_such_session', 'not_owner'],
  cli: { path: ['session', 'cancel'], positional: ['id'], essential: null },
  example: { id: 'cancel' },
  exampleSetup: [
    { op: 'session_new', input: { agent: 'example', cwd: '/', id: 'cancel' } },
    { op: 'session_prompt', input: { id: 'cancel', text: 'hang' } },
  ],
  handle: async ({ sessions }, { id }, { caller }) => {
    const session_id = spokenTo(sessions, id, caller);
    const { turn, dequeued } = await sessions.cancel(session_id);
    return { session_id, turn_id: turn === null ? null : turnId(session_id, turn), cancelled: turn !== null, dequeued };
  },
});
