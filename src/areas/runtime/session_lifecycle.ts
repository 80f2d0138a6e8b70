import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Block, Profile, RuntimeRequest, SessionId } from './metadata';
import { CheckpointRow, SessionRow, SessionState } from './schema';
import { lifecycle, type LifecycleInput, type LifecycleResult } from './session_commands';
import './service';

export const sessionLifecycle = defineOp({
  name: 'ccd_session_lifecycle',
  summary: 'Begin a session of work, say that you are alive, end it, or take over one that somebody left.',
  description: [
    '`start-session` gives a `lease_token`; `heartbeat-session` with it renews the lease, and a session nobody renews in time becomes `stale` by itself.',
    '`takeover-session` continues one that is stale or handed over (with `force` also an active one) and returns its latest checkpoint; the token of who had it before is worth nothing then.',
    '`clear-session` ends it, without a token only when nobody works on it. With a token of your own choice a call whose reply was lost can be made again.',
  ].join('\n'),
  scope: 'runtime.write',
  effect: 'write',
  input: strict({
    command: t.Union(['start-session', 'heartbeat-session', 'clear-session', 'takeover-session'].map((each) => t.Literal(each))),
    session_id: t.Optional(SessionId),
    profile: t.Optional(Profile),
    agent: t.Optional(t.String({ maxLength: 256, description: 'Who works on it, for others to read.' })),
    title: t.Optional(t.String({ maxLength: 1024 })),
    cwd: t.Optional(t.String({ maxLength: 4096, description: 'The folder of the work.' })),
    lease_secs: t.Optional(
      t.Integer({ minimum: 1, maximum: 86_400, description: 'Without a heartbeat for so long it is stale; runtime.lease_secs by default.' }),
    ),
    lease_token: t.Optional(
      t.String({ minLength: 16, maxLength: 128, description: 'What the session was given with, or one of your own for a new one.' }),
    ),
    force: t.Optional(t.Boolean({ description: 'Take over a session that somebody works on.' })),
    runtime: t.Optional(RuntimeRequest),
  }),
  output: strict({
    profile: t.String(),
    session: SessionRow,
    previous: nullable(strict({ agent: nullable(t.String()), generation: t.Integer(), state: SessionState })),
    checkpoint: nullable(CheckpointRow),
    lease_token: nullable(t.String({ description: 'Keep it: heartbeats need it, and it is not shown again.' })),
    runtime: Block,
  }),
  errors: ['busy', 'conflict', 'not_held', 'no_such_session', 'too_many'],
  cli: { path: ['runtime', 'session'], positional: ['command', 'session_id'], paths: ['cwd'] },
  example: { command: 'start-session', profile: 'main', agent: 'claude', title: 'fix the build' },
  handle: ({ runtime }, input, call) =>
    runtime.commands.run<LifecycleResult>('ccd_session_lifecycle', input, call, (tell) =>
      lifecycle(runtime, input as LifecycleInput, call.fail, tell),
    ),
});
