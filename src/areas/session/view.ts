import type { AgentSpec } from './agent';
import type { SessionDeps } from './deps';
import type { Host } from './host';
import type { SessionRow } from './row';
import type { SessionInfo, SessionState } from './service';

export function stateOf(row: SessionRow, host: Host | undefined): SessionState {
  if (row.closed_at !== null) return 'closed';
  if (!host?.isBusy) return 'idle';
  return host.approvals.pending > 0 ? 'waiting' : 'running';
}

/** Null: the agent has one of its own, which nobody knows here. */
export const modelOf = (row: Pick<SessionRow, 'model'>, spec: AgentSpec | undefined): string | null =>
  row.model ?? (spec?.driver === 'openai' ? spec.model : null);

export function infoOf({ agents, table, approvals, starts }: SessionDeps, row: SessionRow, host: Host | undefined, viewers: number): SessionInfo {
  const spec = agents().find(({ name }) => name === row.agent);
  return {
    session: row.session_id,
    agent: row.agent,
    driver: spec?.driver ?? null,
    title: row.title,
    cwd: row.cwd,
    state: stateOf(row, host),
    turn: host?.turn?.number ?? null,
    turnStartedAt: host?.turn?.startedAt ?? null,
    turns: row.turns,
    pid: host?.pid ?? null,
    retryAt: spec ? starts.notBefore(spec) : null,
    model: modelOf(row, spec),
    thinking: row.thinking,
    system: row.system ?? (spec?.driver === 'openai' ? spec.system : null),
    firstSeq: row.first_seq,
    lastSeq: row.last_seq,
    bytes: row.bytes,
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cost: row.cost,
    autoTurns: row.auto_turns,
    queued: table.queueLength(row.key),
    pendingApprovals: approvals.countPending(row.key),
    viewers,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    closedAt: row.closed_at,
  };
}
