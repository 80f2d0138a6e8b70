import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { APPROVAL_KINDS, APPROVAL_STATES, type Approval } from './approval_table';
import type { Checkpoint } from './checkpoints';
import type { Session } from './session_model';
import type { Sessions } from './sessions';

const nanosOrNull = (ms: number | null): number | null => (ms === null ? null : nanos(ms));

export const SessionState = t.Union([t.Literal('active'), t.Literal('stale'), t.Literal('handed_over'), t.Literal('cleared')]);

export const SessionRow = strict({
  session_id: t.String(),
  profile: t.String(),
  agent: nullable(t.String()),
  title: nullable(t.String()),
  cwd: nullable(t.String()),
  state: SessionState,
  generation: t.Integer({ minimum: 1, description: 'Grows with every new holder.' }),
  lease_secs: t.Number(),
  expires_at_ns: nullable(Nanos),
  started_at_ns: Nanos,
  seen_at_ns: Nanos,
  changed_at_ns: Nanos,
});

export const wireSession = (sessions: Pick<Sessions, 'expiresAt'>, session: Session) => ({
  session_id: session.sessionId,
  profile: session.profile,
  agent: session.agent,
  title: session.title,
  cwd: session.cwd,
  state: session.state,
  generation: session.generation,
  lease_secs: session.ttlMs / 1000,
  expires_at_ns: nanosOrNull(sessions.expiresAt(session)),
  started_at_ns: nanos(session.startedAt),
  seen_at_ns: nanos(session.seenAt),
  changed_at_ns: nanos(session.changedAt),
});

export const CheckpointRow = strict({
  checkpoint_id: t.String(),
  session_id: t.String(),
  number: t.Integer({ minimum: 1, description: 'From 1 within its session.' }),
  kind: t.Union([t.Literal('checkpoint'), t.Literal('handover')]),
  profile: t.String(),
  generation: t.Integer({ minimum: 1 }),
  key: nullable(t.String()),
  summary: nullable(t.String()),
  bytes: t.Integer({ minimum: 0 }),
  digest: t.String({ description: 'SHA-256 of its content.' }),
  created_at_ns: Nanos,
});

export const wireCheckpoint = ({ checkpointId, sessionId, createdAt, ...rest }: Checkpoint) => ({
  checkpoint_id: checkpointId,
  session_id: sessionId,
  ...rest,
  created_at_ns: nanos(createdAt),
});

export const ApprovalId = t.Integer({ minimum: 1 });
export const ApprovalState = t.Union(APPROVAL_STATES.map((state) => t.Literal(state)));

export const ApprovalKind = t.Union(
  APPROVAL_KINDS.map((kind) => t.Literal(kind)),
  {
    description: 'A tool call that the policy holds back, or what the agent of a session asks leave for.',
  },
);

const APPROVAL = {
  approval_id: ApprovalId,
  kind: ApprovalKind,
  state: ApprovalState,
  tool: t.String(),
  command: nullable(t.String()),
  asked_by: t.String(),
  session_id: nullable(t.String()),
  session_approval_id: nullable(t.String({ description: 'What a permission is called in its session.' })),
  profile: nullable(t.String()),
  reason: nullable(t.String({ description: 'What the rule says.' })),
  requested_at_ns: Nanos,
  expires_at_ns: Nanos,
  answered_at_ns: nullable(Nanos),
  answered_by: nullable(t.String()),
  note: nullable(t.String()),
  used_at_ns: nullable(Nanos),
};
export const ApprovalRow = strict(APPROVAL);
export const ApprovalListRow = strict({ ...APPROVAL, arguments: t.String({ description: 'JSON, shortened, without what is named as a secret.' }) });

/** Without the arguments, which only those who may answer shall read. */
export const wireApproval = (approval: Approval) => ({
  approval_id: approval.approvalId,
  kind: approval.kind,
  state: approval.state,
  tool: approval.tool,
  command: approval.command,
  asked_by: approval.askedBy,
  session_id: approval.sessionId,
  session_approval_id: approval.sessionApproval,
  profile: approval.profile,
  reason: approval.reason,
  requested_at_ns: nanos(approval.requestedAt),
  expires_at_ns: nanos(approval.expiresAt),
  answered_at_ns: nanosOrNull(approval.answeredAt),
  answered_by: approval.answeredBy,
  note: approval.note,
  used_at_ns: nanosOrNull(approval.usedAt),
});

export const AnswerPath = strict(
  { op: t.String(), path: t.String(), cli: t.String() },
  { description: 'How to answer: the operation, its address, and the command.' },
);

export const answerPath = ({ approvalId }: Approval) => ({
  op: 'approvals_answer',
  path: '/op/approvals_answer',
  cli: `zd approvals allow ${approvalId}`,
});
