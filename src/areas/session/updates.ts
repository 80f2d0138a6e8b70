import type { EventDraft } from '../../kernel/context';
import type { Update } from './driver';
import { observation } from './observe';
import type { SessionRow } from './row';
import type { Turn } from './turn';

/** Counts what an agent tells, and what of it the world may see. */
export function count(turn: Turn, update: Update, now: number, row: Pick<SessionRow, 'session_id'>): EventDraft | null {
  turn.lastSign = now;
  const { data, type } = update;
  const turn_id = `${row.session_id}.${turn.number}`;
  if (type === 'usage') {
    turn.usage.input_tokens += numberOf(data.input_tokens);
    turn.usage.output_tokens += numberOf(data.output_tokens);
    turn.usage.cost += numberOf(data.cost);
    return null;
  }
  if (type === 'text' && turn.trigger === 'compaction') turn.said += String(data.content);
  if (type === 'tool_use' || type === 'tool_use_start') {
    const id = String(data.tool_id);
    if (turn.tools.has(id)) return null;
    turn.tools.set(id, { name: String(data.tool_name), began: now });
    return observation('tool_call_start', { tool: data.tool_name, tool_call_id: id, turn_id });
  }
  if (type !== 'tool_result') return null;
  const id = String(data.tool_id);
  const begun = turn.tools.get(id);
  turn.tools.delete(id);
  const duration_ms = Math.round(begun ? now - begun.began : 0);
  return observation('tool_call', { tool: begun?.name ?? data.tool_name, tool_call_id: id, duration_ms, success: data.failed !== true, turn_id });
}

const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0);
