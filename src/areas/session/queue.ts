import { ZdError } from '../../kernel/error';
import type { SessionDeps } from './deps';
import type { SessionRef } from './row';
import type { Beginning } from './turn_store';

/** Keeps what comes during a turn for its end. Throws `too_many`. */
export async function enqueue(
  deps: SessionDeps,
  ref: SessionRef,
  kind: 'message' | 'event',
  content: string,
  by: string,
): Promise<{ queueId: number; seq: number }> {
  const { db, table, journal, clock } = deps;
  const limit = deps.limits().maxQueued;
  const stored = await db.write(() => {
    const before = table.queueLength(ref.key);
    if (before >= limit) return null;
    const queueId = table.enqueue(ref.key, kind, content, by, clock.now());
    const [event] = journal.append(ref, [{ type: 'queued', turn: null, data: { queue_id: queueId, kind, content, by } }]);
    if (kind === 'event' && before === 0 && !table.openTurn(ref.key)) tellCap(deps, ref);
    return { queueId, seq: event!.seq };
  }, 'full');
  if (!stored) throw new ZdError('too_many', `The session has ${limit} prompts in its queue, which is the limit.`, { extra: { limit } });
  return stored;
}

/**
 * The turn that what is queued makes, messages before events; null when there is none, or when no more may follow by itself: only what
 * somebody says begins to count anew.
 */
export function following({ table, limits }: Pick<SessionDeps, 'table' | 'limits'>, ref: SessionRef): Beginning | null {
  const queued = table.queued(ref.key);
  const message = queued.find(({ kind }) => kind === 'message');
  if (message) return { trigger: 'queued_auto', content: message.content, by: message.by, queued: [message] };
  if (queued.length === 0 || isCapped({ table, limits }, ref)) return null;
  return { trigger: 'event_auto', content: queued.map(({ content }) => content).join('\n'), by: queued[0]!.by, queued };
}

/** No turn begins by itself any more. */
function isCapped({ table, limits }: Pick<SessionDeps, 'table' | 'limits'>, ref: SessionRef): boolean {
  const row = table.at(ref.key);
  return row === null || row.auto_turns >= limits().autoTurnCap;
}

/** Only inside a write: says that events wait and nothing will begin by itself. */
export function tellCap(deps: Pick<SessionDeps, 'table' | 'limits' | 'journal'>, ref: SessionRef): void {
  if (deps.table.queueLength(ref.key) === 0 || !isCapped(deps, ref)) return;
  deps.journal.append(ref, [{ type: 'auto_turn_cap_reached', turn: null, data: { cap: deps.limits().autoTurnCap } }]);
}
