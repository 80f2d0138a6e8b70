import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { turnId } from './event';
import { named, SessionName, speaker } from './schema';

export const inject = defineOp({
  name: 'session_inject',
  summary: 'Tell the agent of a session that something happened.',
  description:
    'It hears of it at once when it is idle (`injected`), else when its turn is over (`buffered`). Only so many turns in a row begin like this ' +
    '(`session.auto_turn_cap`): what comes behind them waits for the next prompt.',
  scope: 'session.write',
  effect: 'write',
  input: strict({ id: SessionName, text: t.String({ minLength: 1 }) }),
  output: strict({
    session_id: t.String(),
    disposition: t.Union([t.Literal('injected'), t.Literal('buffered'), t.Literal('rejected')]),
    turn_id: nullable(t.String()),
    queue_id: nullable(t.Integer()),
    reason: nullable(t.String({ description: 'Why it was not injected at once: busy, auto_turn_cap, queue_full.' })),
  }),
  errors: ['no_such_session', 'too_large', 'conflict'],
  cli: { path: ['session', 'inject'], positional: ['id', 'text'], essential: 'disposition' },
  example: { id: 'inject', text: 'say:noted' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'inject' } }],
  handle: async ({ sessions }, { id, text }, call) => {
    const session_id = named(sessions, id);
    const { disposition, turn, queueId, reason } = await sessions.inject(session_id, { content: text, by: speaker(call.caller) });
    return { session_id, disposition, turn_id: turn === null ? null : turnId(session_id, turn), queue_id: queueId, reason };
  },
});
