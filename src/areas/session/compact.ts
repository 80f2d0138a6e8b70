import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { turnId } from './event';
import { spokenTo, SessionName, speaker } from './schema';

export const compact = defineOp({
  name: 'session_compact',
  summary: 'Let the agent sum up what was said; from then on the summary stands for it.',
  description: 'Answers when the turn in which it does so has begun. `conflict` when fewer than four messages were said.',
  scope: 'session.write',
  effect: 'write',
  input: strict({
    id: SessionName,
    instructions: t.Optional(t.String({ minLength: 1, maxLength: 65_536, description: 'What the summary should keep.' })),
  }),
  output: strict({ session_id: t.String(), turn_id: nullable(t.String()), seq: t.Integer() }),
  errors: ['no_such_session', 'not_owner', 'busy', 'conflict'],
  cli: { path: ['session', 'compact'], positional: ['id', 'instructions'], essential: null },
  example: { id: 'compact' },
  exampleSetup: [
    { op: 'session_new', input: { agent: 'example', cwd: '/', id: 'compact' } },
    { op: 'session_prompt', input: { id: 'compact', text: 'say:one', wait_secs: 60 } },
    { op: 'session_prompt', input: { id: 'compact', text: 'say:two', wait_secs: 60 } },
  ],
  handle: async ({ sessions }, { id, instructions }, call) => {
    const session_id = spokenTo(sessions, id, call.caller);
    const { turn, seq } = await sessions.compact(session_id, { by: speaker(call.caller), ...(instructions === undefined ? {} : { instructions }) });
    return { session_id, turn_id: turn === null ? null : turnId(session_id, turn), seq };
  },
});
