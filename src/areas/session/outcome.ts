import type { SessionService } from './service';

/** Of a long answer, so much is in a reply; the transcript has all of it. */
const ANSWER_CHARS = 1024 * 1024;
const PAGE_EVENTS = 1000;

export interface Outcome {
  readonly answer: string;
  readonly stop_reason: string | null;
  readonly error: { readonly reason: string; readonly message: string } | null;
}

/** What came of a turn that began behind an event. */
export function outcomeOf(sessions: Pick<SessionService, 'history'>, id: string, turn: number, seq: number): Outcome {
  let answer = '';
  for (let since = seq; ;) {
    const { events, more, to } = sessions.history(id, { since, limit: PAGE_EVENTS });
    for (const event of events) {
      if (event.turn !== turn) continue;
      if (event.type === 'text' && answer.length < ANSWER_CHARS) answer += String(event.data.content);
      if (event.type === 'done') return { answer, stop_reason: String(event.data.stop_reason), error: null };
      if (event.type === 'error')
        return { answer, stop_reason: null, error: { reason: String(event.data.reason), message: String(event.data.message) } };
    }
    if (!more) return { answer, stop_reason: null, error: null };
    since = to;
  }
}
