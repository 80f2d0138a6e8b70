import { nanos } from '../../kernel/clock';
import type { Caller } from '../../kernel/caller';
import { ZdError } from '../../kernel/error';
import { Nanos, nullable, strict, t, type Static } from '../../kernel/schema';
import { turnId } from './event';
import type { Approval, SessionInfo, SessionService } from './service';

/** How a caller names a session. */
export const SessionName = t.String({ minLength: 1, maxLength: 256, description: 'Id of the session, its title, or the beginning of its id.' });
export const NewId = t.String({ pattern: '^[a-z0-9][a-z0-9_-]{0,63}$', description: 'Id of the session; made when absent.' });
export const Title = t.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });
export const StateName = t.Union([t.Literal('idle'), t.Literal('running'), t.Literal('waiting'), t.Literal('closed')]);

const Int = t.Integer({ minimum: 0 });
const Text = nullable(t.String());

export const INFO = {
  session_id: t.String(),
  agent: t.String(),
  driver: Text,
  title: Text,
  cwd: t.String(),
  state: StateName,
  turn_id: nullable(t.String({ description: 'The turn under way.' })),
  turn_started_at_ns: nullable(Nanos),
  turns: Int,
  pid: nullable(t.Integer({ description: 'Process of the agent; null while none runs.' })),
  agent_retry_at_ns: nullable({ ...Nanos, description: 'The agent failed to start again and again, and is not started before.' }),
  model: Text,
  thinking: Text,
  first_seq: t.Integer({ description: 'Oldest event that is kept.' }),
  last_seq: Int,
  bytes: Int,
  input_tokens: Int,
  output_tokens: Int,
  cost: t.Number(),
  auto_turns: t.Integer({ description: 'Turns in a row that nobody asked for.' }),
  queued: Int,
  pending_approvals: Int,
  viewers: Int,
  created_at_ns: Nanos,
  updated_at_ns: Nanos,
  closed_at_ns: nullable(Nanos),
};

const at = (ms: number | null) => (ms === null ? null : nanos(ms));

export const wireInfo = (info: SessionInfo) => ({
  session_id: info.session,
  agent: info.agent,
  driver: info.driver,
  title: info.title,
  cwd: info.cwd,
  state: info.state,
  turn_id: info.turn === null ? null : turnId(info.session, info.turn),
  turn_started_at_ns: at(info.turnStartedAt),
  turns: info.turns,
  pid: info.pid,
  agent_retry_at_ns: at(info.retryAt),
  model: info.model,
  thinking: info.thinking,
  first_seq: info.firstSeq,
  last_seq: info.lastSeq,
  bytes: info.bytes,
  input_tokens: info.inputTokens,
  output_tokens: info.outputTokens,
  cost: info.cost,
  auto_turns: info.autoTurns,
  queued: info.queued,
  pending_approvals: info.pendingApprovals,
  viewers: info.viewers,
  created_at_ns: nanos(info.createdAt),
  updated_at_ns: nanos(info.updatedAt),
  closed_at_ns: at(info.closedAt),
});

export const APPROVAL = {
  approval_id: t.String(),
  session_id: t.String(),
  turn_id: Text,
  state: t.Union([t.Literal('pending'), t.Literal('answered'), t.Literal('cancelled'), t.Literal('expired')]),
  tool_id: t.String(),
  tool_name: t.String(),
  input: t.Unknown({ description: 'What the agent wants to do it with; null when it does not say.' }),
  options: t.Array(strict({ option_id: t.String(), name: t.String(), kind: t.String() })),
  asked_at_ns: Nanos,
  expires_at_ns: nullable(Nanos),
  resolved_at_ns: nullable(Nanos),
  option_id: nullable(t.String({ description: 'What was answered.' })),
  by: nullable(t.String({ description: 'Who answered.' })),
};
const ApprovalRow = strict(APPROVAL);

export const wireApproval = (approval: Approval): Static<typeof ApprovalRow> => ({
  approval_id: approval.approval_id,
  session_id: approval.session,
  turn_id: approval.turn === null ? null : turnId(approval.session, approval.turn),
  state: approval.state,
  tool_id: approval.tool.tool_id,
  tool_name: approval.tool.tool_name,
  input: approval.tool.input ?? null,
  options: approval.options.map(({ option_id, name, kind }) => ({ option_id, name, kind })),
  asked_at_ns: nanos(approval.askedAt),
  expires_at_ns: at(approval.expiresAt),
  resolved_at_ns: at(approval.resolvedAt),
  option_id: approval.optionId,
  by: approval.by,
});

/** The session a caller means. Throws `no_such_session`. */
export function named(sessions: Pick<SessionService, 'find'>, text: string): string {
  const id = sessions.find(text);
  if (id === null) throw new ZdError('no_such_session', `No session, or more than one, is named "${text.slice(0, 100)}".`);
  return id;
}

/** The session a caller means to say something in. Throws `no_such_session`, `not_owner`. */
export function spokenTo(sessions: Pick<SessionService, 'find' | 'input'>, text: string, caller: Caller): string {
  const id = named(sessions, text);
  sessions.input.demand(id, caller);
  return id;
}

/** Who says something, for the transcript. */
export const speaker = ({ label, source }: Caller): string => label ?? source;
