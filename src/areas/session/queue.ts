import { ZdError } from '../../kernel/error';
import type { SessionDeps } from './deps';
import type { SessionRef } from './row';
import type { Beginning } from './turn_store';

/** Keeps what comes during a turn for its end. Throws `too_many`. */
export async function enqueue(
  { db, table, journal, clock, limits }: SessionDeps,
  ref: SessionRef,
  kind: 'message' | 'event',
  content: string,
  by: string,
): Promise<{ queueId: number; seq: number }> {
  const limit = limits().maxQueued;
  const stored = await db.write(() => {
    if (table.queueLength(ref.key) >= limit) return null;
    const queueId = table.enqueue(ref.key, kind, content, by, clock.now());
    const [event] = journal.append(ref, [{ type: 'queued', turn: null, data: { queue_id: queueId, kind, content, by } }]);
    return { queueId, seq: event!.seq };
  }, 'full');
  if (!stored) throw new ZdError('too_many', `The session has ${limit} prompts in its queue, which is the limit.`, { extra: { limit } });
  return stored;
}

/**
 * The turn that what is queued makes, messages before events; null when there is none, or when no more may follow by itself: only what
 * somebody says begins to count anew.
 */
export function following({ table, limits }: SessionDeps, ref: SessionRef): Beginning | null {
  const queued = table.queued(ref.key);
  const message = queued.find(({ kind }) => kind === 'message');
  if (message) return { trigger: 'queued_auto', content: message.content, by: message.by, queued: [message] };
  const row = table.at(ref.key);
  if (queued.length === 0 || !row || row.auto_turns >= limits().autoTurnCap) return null;
  return { trigger: 'event_auto', content: queued.map(({ content }) => content).join('\n'), by: queued[0]!.by, queued };
}
