import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { turnId } from './event';
import { outcomeOf } from './outcome';
import { spokenTo, SessionName, speaker, StateName } from './schema';

export const prompt = defineOp({
  name: 'session_prompt',
  summary: 'Say something to the agent of a session, which begins a turn.',
  description:
    'Answers as soon as the turn has begun; it goes on whether anybody looks or not. With `wait_secs`, waits until the turn is over or an approval ' +
    'waits for an answer, and then has what the agent said. During a turn: `busy`, or with `queue` it is said when the turn is over.',
  scope: 'session.write',
  effect: 'write',
  waits: true,
  input: strict({
    id: SessionName,
    text: t.String({ minLength: 1 }),
    queue: t.Optional(t.Boolean({ default: false })),
    wait_secs: t.Optional(t.Number({ minimum: 0, maximum: 86_400, default: 0, description: 'How long to wait for the end of the turn.' })),
  }),
  output: strict({
    session_id: t.String(),
    disposition: t.Union([t.Literal('started'), t.Literal('queued')]),
    turn_id: nullable(t.String()),
    seq: t.Integer({ description: 'Number of the event that tells of it.' }),
    queue_id: nullable(t.Integer()),
    state: StateName,
    answer: nullable(t.String({ description: 'What the agent said in this turn, so far.' })),
    stop_reason: nullable(t.String({ description: 'Why the turn ended; null when it has not, or failed.' })),
    error: nullable(strict({ reason: t.String(), message: t.String() })),
  }),
  errors: ['no_such_session', 'not_owner', 'busy', 'too_many', 'too_large', 'conflict'],
  cli: { path: ['session', 'prompt'], positional: ['id', 'text'], rename: { wait_secs: 'wait' }, essential: 'answer' },
  example: { id: 'prompt', text: 'say:hello', wait_secs: 60 },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'prompt' } }],
  handle: async ({ sessions }, { id, text, queue = false, wait_secs = 0 }, call) => {
    const session_id = spokenTo(sessions, id, call.caller);
    const { turn, ...begun } = await sessions.prompt(session_id, { text, by: speaker(call.caller), queue });
    if (turn !== null && wait_secs > 0)
      await sessions.settled(session_id, turn, AbortSignal.any([call.signal, AbortSignal.timeout(Math.ceil(wait_secs * 1000))]));
    return {
      session_id,
      disposition: begun.disposition,
      turn_id: turn === null ? null : turnId(session_id, turn),
      seq: begun.seq,
      queue_id: begun.queueId,
      state: sessions.info(session_id).state,
      ...(turn === null || wait_secs === 0 ? { answer: null, stop_reason: null, error: null } : outcomeOf(sessions, session_id, turn, begun.seq)),
    };
  },
});
