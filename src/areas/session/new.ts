import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { INFO, NewId, Title, wireInfo } from './schema';

export const newSession = defineOp({
  name: 'session_new',
  summary: 'Open a session with a configured agent.',
  description:
    'The agent itself is started by the first prompt, and ended after `session.park_secs` without one; the session goes on, also over a restart of zd. ' +
    '`agent` may be left out when only one is configured.',
  scope: 'session.write',
  effect: 'write',
  input: strict({
    agent: t.Optional(t.String({ minLength: 1, maxLength: 64 })),
    id: t.Optional(NewId),
    cwd: t.Optional(t.String({ minLength: 1, maxLength: 4096, description: 'Folder it works in; the default of the agent when absent.' })),
    title: t.Optional(Title),
    model: t.Optional(t.String({ minLength: 1, maxLength: 256 })),
    system: t.Optional(t.String({ maxLength: 1_000_000, description: 'System prompt; that of the configuration when absent.' })),
  }),
  output: strict(INFO),
  errors: ['no_such_agent', 'agent_failed', 'conflict', 'too_many'],
  cli: { path: ['session', 'new'], positional: ['agent'], paths: ['cwd'], essential: 'session_id' },
  example: { agent: 'example', cwd: '/', title: 'tidy up', id: 'tidy-up' },
  handle: async ({ sessions }, input) => wireInfo(await sessions.create(input)),
});
