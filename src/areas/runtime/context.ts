import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { refreshReasons } from './context_model';
import { Block, Profile, RuntimeRequest, SessionId } from './metadata';
import './service';

const Count = t.Integer({ minimum: 0 });

export const context = defineOp({
  name: 'ccd_context',
  summary: 'Ask whether what you know is still up to date, and what to read anew.',
  description:
    'Say what you have: the number of the checkpoint, the generation of the session and the revision of the memory you read last. What you leave out is not compared.',
  scope: 'runtime.read',
  effect: 'read',
  input: strict({
    command: t.Literal('context-check'),
    session_id: t.Optional(SessionId),
    profile: t.Optional(Profile),
    checkpoint: t.Optional({ ...Count, description: 'Number of the newest checkpoint you read; 0 for none.' }),
    generation: t.Optional(Count),
    memory_revision: t.Optional(Count),
    used_tokens: t.Optional({ ...Count, description: 'Of your context window.' }),
    window_tokens: t.Optional(t.Integer({ minimum: 1 })),
    runtime: t.Optional(RuntimeRequest),
  }),
  output: strict({
    profile: t.String(),
    session_id: nullable(t.String()),
    refresh: t.Boolean(),
    reasons: t.Array(t.String(), {
      description: 'Of `new_checkpoint`, `taken_over`, `memory_changed`, `session_not_active` and `window_nearly_full`.',
    }),
    session_state: nullable(t.String()),
    checkpoint: Count,
    generation: Count,
    memory_revision: Count,
    runtime: Block,
  }),
  errors: ['no_such_session'],
  cli: { path: ['runtime', 'context'], positional: ['command', 'session_id'] },
  example: { command: 'context-check', profile: 'main', memory_revision: 0, used_tokens: 1000, window_tokens: 200_000 },
  handle: ({ runtime }, input, call) =>
    runtime.commands.run('ccd_context', input, call, () => {
      const { session_id = null, checkpoint, generation, memory_revision, used_tokens, window_tokens } = input;
      const session = session_id === null ? null : runtime.sessions.touch(session_id, null);
      const profile = session?.profile ?? input.profile ?? 'unknown';
      const is = {
        checkpoint: (session_id !== null && runtime.checkpoints.latest(session_id)?.number) || 0,
        generation: session?.generation ?? 0,
        memory: runtime.memories.revision(profile),
      };
      const reasons = refreshReasons({
        has: { checkpoint, generation, memory: memory_revision },
        is,
        live: session && session.state === 'active',
        used: used_tokens ?? null,
        window: window_tokens ?? null,
      });
      return {
        ...{ profile, session_id, refresh: reasons.length > 0, reasons, session_state: session?.state ?? null },
        ...{ checkpoint: is.checkpoint, generation: is.generation, memory_revision: is.memory },
      };
    }),
});
