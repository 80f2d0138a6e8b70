import { ZdError } from '../../kernel/error';
import { settleOne, UNANSWERED } from './approvals';
import type { SessionDeps } from './deps';
import { observation, privateFact } from './observe';
import type { Draft, QueuedRow, SessionRef } from './row';
import type { TurnTrigger } from './service';
import type { Turn } from './turn';

/** What a turn begins with. */
export interface Beginning {
  readonly trigger: TurnTrigger;
  readonly content: string;
  readonly by: string;
  /** What of the queue it is made of. */
  readonly queued?: readonly QueuedRow[];
}

/** How a turn ended. */
export type Ended =
  { readonly type: 'done'; readonly stopReason: string } | { readonly type: 'error'; readonly reason: string; readonly message: string };

type Stores = Pick<SessionDeps, 'table' | 'journal' | 'events' | 'clock' | 'approvals' | 'desk'>;

/** Only inside a write. Ends first whatever turn an earlier failure left open. */
export function beginTurn(deps: Stores, ref: SessionRef, { trigger, content, by, queued = [] }: Beginning): { turn: number; seq: number } {
  const { table, journal, events, clock } = deps;
  const row = table.at(ref.key);
  if (!row || row.closed_at !== null) throw new ZdError('conflict', 'The session is closed.');
  const left = table.openTurn(ref.key);
  if (left) interrupt(deps, ref, left.turn, 'Its end could not be stored.');
  table.set(row, { auto_turns: trigger === 'event_auto' ? row.auto_turns + 1 : 0 });
  const turn = table.beginTurn(ref.key, trigger, clock.now());
  const drafts: Draft[] = queued.map(({ queue_id }) => ({ type: 'dequeued', turn: null, data: { queue_id, reason: 'sent' } }));
  for (const { queue_id } of queued) table.dequeue(queue_id);
  const stored = journal.append(ref, [...drafts, { type: 'user', turn, data: { content, trigger, by } }]);
  events.append(privateFact(ref.session_id, 'turn_started', { turn, trigger }));
  events.append(observation('agent_start', { model_provider: row.agent, model: row.model, turn_id: `${ref.session_id}.${turn}` }));
  return { turn, seq: stored.at(-1)!.seq };
}

/** Only inside a write. False when it had ended already: every turn ends once. */
export function endTurn(deps: Stores, ref: SessionRef, turn: Turn, end: Ended, durationMs: number): boolean {
  const { table, journal, events } = deps;
  if (!table.endTurn(ref.key, turn.number)) return false;
  const { input_tokens, output_tokens, cost } = turn.usage;
  table.countUp(ref.key, turn.usage);
  if (end.type === 'error') dropQueue(deps, ref, 'failed');
  const duration_ms = Math.round(durationMs);
  const how = end.type === 'done' ? { stop_reason: end.stopReason } : { reason: end.reason, message: end.message };
  journal.append(ref, [{ type: end.type, turn: turn.number, data: { ...how, duration_ms } }]);
  events.append(privateFact(ref.session_id, 'turn_ended', { turn: turn.number, outcome: end.type, ...how }));
  if (turn.trigger === 'compaction' && end.type === 'done' && end.stopReason !== 'cancelled') compacted(deps, ref, turn.said);
  const row = table.at(ref.key)!;
  events.append(
    observation('agent_end', {
      ...{ model_provider: row.agent, model: row.model, turn_id: `${ref.session_id}.${turn.number}`, duration_ms },
      ...{ tokens_used: input_tokens + output_tokens || null, input_tokens, output_tokens, cost_usd: cost || null },
    }),
  );
  return true;
}

/** From here on the summary stands for everything that was said. */
function compacted({ table, journal }: Stores, ref: SessionRef, summary: string): void {
  const row = table.at(ref.key)!;
  if (summary.trim() === '') return;
  const [event] = journal.append(ref, [{ type: 'compacted', turn: null, data: { characters: summary.length } }]);
  table.set(row, { context_seq: event!.seq, summary: summary.trim(), agent_session: null });
}

/** Only inside a write: ends a turn of which nobody knows how it went on, and what it asked. */
export function interrupt(deps: Stores, ref: SessionRef, turn: number, message: string): void {
  const { table, journal, events, approvals } = deps;
  if (!table.endTurn(ref.key, turn)) return;
  for (const { approval_id } of approvals.pending(ref.key)) settleOne(deps, ref, approval_id, UNANSWERED.expired);
  dropQueue(deps, ref, 'interrupted');
  journal.append(ref, [{ type: 'error', turn, data: { reason: 'interrupted', message, duration_ms: null } }]);
  events.append(privateFact(ref.session_id, 'turn_ended', { turn, outcome: 'error', reason: 'interrupted' }));
}

/** Only inside a write: messages that wait are not sent any more; how many. What they said is in the transcript. Events wait on. */
export function dropQueue({ table, journal }: Stores, ref: SessionRef, reason: 'cancelled' | 'interrupted' | 'failed'): number {
  const dropped = table.queued(ref.key).filter(({ kind }) => kind === 'message' || reason === 'cancelled');
  for (const { queue_id } of dropped) table.dequeue(queue_id);
  const drafts = dropped.map(({ queue_id }): Draft => ({ type: 'dequeued', turn: null, data: { queue_id, reason } }));
  journal.append(ref, drafts);
  return dropped.length;
}
