import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { INFO, spokenTo, SessionName, wireInfo } from './schema';

/** How much an agent may think, and the tokens that means; 0 leaves it to the agent. */
export const THINKING = { low: 2048, medium: 4096, high: 16384, xhigh: 32768, adaptive: 0 } as const;

const Level = t.Union(Object.keys(THINKING).map((level) => t.Literal(level as keyof typeof THINKING)));

export const set = defineOp({
  name: 'session_set',
  summary: 'Change the model, the thinking level or the system prompt of a session, from its next turn on.',
  description: 'What is absent stays; null goes back to what the agent is configured with. `busy` during a turn, for half of which it would hold.',
  scope: 'session.write',
  effect: 'write',
  input: strict({
    id: SessionName,
    model: t.Optional(nullable(t.String({ minLength: 1, maxLength: 256 }))),
    thinking: t.Optional(nullable(Level)),
    system: t.Optional(nullable(t.String({ minLength: 1, maxLength: 262_144 }))),
  }),
  output: strict({ ...INFO, system: nullable(t.String()) }),
  errors: ['no_such_session', 'not_owner', 'busy'],
  cli: { path: ['session', 'set'], positional: ['id'], essential: null },
  example: { id: 'set', model: 'm-1', thinking: 'high' },
  exampleSetup: [{ op: 'session_new', input: { agent: 'example', cwd: '/', id: 'set' } }],
  handle: async ({ sessions }, { id, ...change }, { caller }) => {
    const info = await sessions.change(spokenTo(sessions, id, caller), change);
    return { ...wireInfo(info), system: info.system };
  },
});
