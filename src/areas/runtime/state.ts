import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Block, Profile, RuntimeRequest, SessionId } from './metadata';
import { AnswerPath, ApprovalRow, CheckpointRow, SessionRow } from './schema';
import { StateCommand, type StateInput } from './state_commands';
import './service';

const Count = t.Integer({ minimum: 0 });

export const state = defineOp({
  name: 'ccd_state',
  summary: 'Leave a checkpoint or hand your work over, ask whether you may do something, or read where work stands.',
  description: [
    '`checkpoint` stores `summary` and `state` for whoever goes on with the session; sent again with the same `key` it is stored once. `handover` also lets go of the session.',
    '`policy-check` says whether a call of `tool` with `arguments` is allowed: `allow`, `deny`, or `approval_required` with the approval the user has to answer, for which it waits `wait_secs`. Asked again it meets the same approval.',
    'An allowance is for one call: of a tool of zd, or for any other tool the check that answers `allow`.',
    '`export` returns a session with its latest checkpoint and memory; `radar` counts sessions and lists those nobody works on.',
  ].join('\n'),
  scope: 'runtime.write',
  effect: 'write',
  waits: true,
  input: strict({
    command: t.Union(['checkpoint', 'handover', 'policy-check', 'export', 'radar'].map((each) => t.Literal(each))),
    session_id: t.Optional(SessionId),
    profile: t.Optional(Profile),
    lease_token: t.Optional(t.String({ minLength: 16, maxLength: 128, description: 'Checkpoint and handover: shows that the session is yours.' })),
    key: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'Checkpoint and handover: your name for it.' })),
    summary: t.Optional(t.String({ maxLength: 16_384 })),
    state: t.Optional(t.Unknown({ description: 'Any JSON, for whoever goes on.' })),
    tool: t.Optional(t.String({ minLength: 1, maxLength: 256, description: 'policy-check: what you want to call.' })),
    arguments: t.Optional(t.Record(t.String(), t.Unknown(), { description: 'policy-check: with what.' })),
    ask: t.Optional(t.Boolean({ description: 'policy-check: ask the user even where the rules would allow it.' })),
    wait_secs: t.Optional(t.Number({ minimum: 0, maximum: 3600, description: "policy-check: how long to wait for the user's answer." })),
    runtime: t.Optional(RuntimeRequest),
  }),
  output: strict({
    profile: t.String(),
    session: t.Optional(SessionRow),
    checkpoint: t.Optional(nullable(CheckpointRow)),
    stored: t.Optional(t.Boolean({ description: 'False: the same was there already.' })),
    decision: t.Optional(t.Union([t.Literal('allow'), t.Literal('deny'), t.Literal('approval_required')])),
    rule: t.Optional(nullable(t.Integer({ minimum: 0, description: 'Which of policy.rules decided, from 0; null for policy.default.' }))),
    reason: t.Optional(nullable(t.String())),
    approval: t.Optional(nullable(ApprovalRow)),
    answer: t.Optional(nullable(AnswerPath)),
    state: t.Optional(t.Unknown()),
    memory: t.Optional(strict({ revision: Count, entries: t.Array(strict({ key: t.String(), text: t.String() })) })),
    counts: t.Optional(strict({ active: Count, stale: Count, handed_over: Count, cleared: Count, approvals_pending: Count })),
    waiting: t.Optional(t.Array(SessionRow)),
    runtime: Block,
  }),
  errors: ['conflict', 'not_held', 'no_such_session', 'too_large', 'too_many'],
  cli: { path: ['runtime', 'state'], positional: ['command', 'session_id'], json: ['state'] },
  example: { command: 'policy-check', tool: 'job_submit', arguments: { command: ['make', 'deploy'] } },
  handle: ({ runtime }, input, call) =>
    runtime.commands.run('ccd_state', input, call, (tell) => new StateCommand(runtime, input as StateInput, call, tell).run()) as never,
});
