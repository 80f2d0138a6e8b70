import { nanos } from '../../kernel/clock';
import type { SessionEvent } from '../../areas/session/event';
import type { SessionService } from '../../areas/session/service';
import type { Entry } from './frames';

/** Bytes of one `history` frame, roughly. */
const FRAME_BYTES = 4 * 1024 * 1024;
const PAGE_EVENTS = 500;

export interface Transcript {
  readonly messages: Entry[];
  /** Older ones are there. */
  readonly more: boolean;
  /** The first and last event it is made of; 0 for none. */
  readonly from_seq: number;
  readonly to_seq: number;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/**
 * The newest of what was said before an event, since the conversation was last cleared: within a number of events and the bytes of a frame.
 */
export async function transcript(sessions: Pick<SessionService, 'history'>, id: string, before: number, limit: number): Promise<Transcript> {
  const pages: (readonly SessionEvent[])[] = [];
  let from = before;
  let to = 0;
  let left = limit;
  let bytes = 0;
  let more = true;
  while (more && left > 0 && bytes < FRAME_BYTES) {
    const page = sessions.history(id, { before: from, limit: Math.min(left, PAGE_EVENTS) });
    const cleared = page.events.findLastIndex(({ type }) => type === 'cleared');
    const events = cleared === -1 ? page.events : page.events.slice(cleared + 1);
    more = page.more && cleared === -1;
    if (events.length > 0) {
      pages.unshift(events);
      from = events[0]!.seq;
      to ||= events.at(-1)!.seq;
      left -= events.length;
      bytes += events.reduce((sum, { json }) => sum + json.length, 0);
    }
    await nextTurn();
  }
  return { messages: entriesOf(pages.flat()), more, from_seq: to === 0 ? 0 : from, to_seq: to };
}

/** Pieces of one message are one entry. */
export function entriesOf(events: readonly SessionEvent[]): Entry[] {
  const entries: { entry: Entry; pieces: string[] }[] = [];
  let last: Entry | undefined;
  for (const event of events) {
    const entry = entryOf(event);
    if (!entry) continue;
    const joins = entry.role === 'text' || entry.role === 'thinking';
    if (joins && last?.role === entry.role && last.turn_id === entry.turn_id) entries.at(-1)!.pieces.push(entry.content);
    else entries.push({ entry, pieces: joins ? [entry.content] : [] });
    last = entry;
  }
  return entries.map(({ entry, pieces }) => (pieces.length > 1 ? ({ ...entry, content: pieces.join('') } as Entry) : entry));
}

const two = (number: number): string => String(number).padStart(2, '0');

/** Null for what no history tells: usage, beginnings, pieces of results, the end of a turn that went well. */
function entryOf({ type, data, seq, ts, turnId: turn_id }: SessionEvent): Entry | null {
  const at = new Date(ts);
  const place = { time: `${two(at.getHours())}:${two(at.getMinutes())}`, ts_ns: nanos(ts), seq, turn_id };
  switch (type) {
    case 'user':
      return { role: 'user', content: String(data.content), trigger: data.trigger, by: data.by, ...place };
    case 'thinking':
    case 'text':
      return { role: type, content: String(data.content), ...place };
    case 'tool_use':
      return { role: 'tool_use', tool_name: String(data.tool_name), tool_id: String(data.tool_id), input: data.input, ...place };
    case 'tool_result': {
      const { tool_id, tool_name, result, failed } = data;
      return {
        role: 'tool_result',
        tool_id: String(tool_id),
        tool_name: String(tool_name),
        result: String(result),
        failed: failed === true,
        ...place,
      };
    }
    case 'notice':
      return { role: 'system', content: String(data.text), ...place };
    case 'system':
      return { role: 'system', content: String(data.message), ...place };
    case 'error':
      return { role: 'error', content: String(data.message), ...place };
    default:
      return null;
  }
}
