import type { Message } from './driver';
import type { SessionEvent } from './event';
import type { SessionLog } from './log';
import type { SessionRow } from './row';

/** What an agent is given at most of what was said before: the newest. */
const MAX_CHARS = 1024 * 1024;
const MAX_EVENTS = 50_000;
const PAGE_EVENTS = 1000;

/** What was said in a session before an event, as messages: from where its context begins, within the bounds. */
export function conversation(log: SessionLog, row: SessionRow, before: number): Message[] {
  const events: SessionEvent[] = [];
  let chars = 0;
  for (let at = before; chars < MAX_CHARS && events.length < MAX_EVENTS;) {
    const read = log.tail(row, at, PAGE_EVENTS);
    const page = read.filter(({ seq }) => seq > row.context_seq);
    events.unshift(...page.filter(({ type }) => type === 'user' || type === 'text'));
    chars += page.reduce((sum, { json, type }) => (type === 'user' || type === 'text' ? sum + json.length : sum), 0);
    if (read.length === 0 || page.length < read.length) break;
    at = read[0]!.seq;
  }
  const messages: { role: Message['role']; content: string }[] = [];
  for (const { type, data } of events) {
    const role = type === 'user' ? 'user' : 'assistant';
    const last = messages.at(-1);
    if (last?.role === role) last.content += `${role === 'user' ? '\n\n' : ''}${String(data.content)}`;
    else messages.push({ role, content: String(data.content) });
  }
  if (row.summary !== null) messages.unshift({ role: 'user', content: `What was said before, in short:\n${row.summary}` });
  return messages;
}
