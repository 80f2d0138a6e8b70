import type { EventTable } from './table';

/** From where to read. `text` is what the caller wrote, to be said in a gap. */
export type Since =
  | { readonly kind: 'id' | 'earliest' | 'latest'; readonly text: string }
  | { readonly kind: 'seq'; readonly seq: number; readonly text: string }
  /** Milliseconds since the epoch. */
  | { readonly kind: 'time'; readonly ts: number; readonly text: string };

/** Where reading goes on: behind the number `after`. `whole` is false when something that was asked for is not there any more. */
export interface Start {
  readonly after: number;
  readonly whole: boolean;
}

export const SINCE = 'an event number, an event id, a time such as 2026-01-31T12:00:00Z, a duration such as 10m or 1h30m, `earliest` or `latest`';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DURATION = /^(?:\d{1,12}(?:ms|[smhdw]))+$/;
/** RFC 3339 with the time and the offset optional; without an offset it is UTC. */
const TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)([Zz]|[+-]\d\d:\d\d)?)?$/;

/** What a caller writes for `since`, or what is wrong with it. `now` in milliseconds. */
export function parseSince(text: string, now: number): Since | string {
  if (text === 'earliest' || text === 'latest') return { kind: text, text };
  if (/^\d{1,15}$/.test(text)) return { kind: 'seq', seq: Number(text), text };
  if (/^[0-9a-z]{10}-\d{1,15}$/.test(text)) return { kind: 'id', text };
  if (DURATION.test(text)) {
    const ago = [...text.matchAll(/(\d+)(ms|[smhdw])/g)].reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!]!, 0);
    return { kind: 'time', ts: Math.max(0, now - ago), text };
  }
  const time = TIME.exec(text);
  const ts = time ? Date.parse(`${time[1]}T${time[2] ?? '00:00'}${time[3] ?? 'Z'}`.toUpperCase()) : NaN;
  // Date.parse takes the 31st of February for a day of March.
  if (Number.isNaN(ts) || !existsDay(time![1]!)) return `"${text.slice(0, 100)}" is not ${SINCE}`;
  return { kind: 'time', ts, text };
}

function existsDay(day: string): boolean {
  const at = Date.parse(`${day}T00:00Z`);
  return !Number.isNaN(at) && new Date(at).toISOString().startsWith(day);
}

/** The number to go on behind. `kinds`: what the reader is interested in; everything without it. */
export function locate(table: EventTable, since: Since, kinds?: readonly string[]): Start {
  const last = table.last();
  switch (since.kind) {
    case 'latest':
      return { after: last, whole: true };
    case 'earliest':
      return { after: (table.oldest()?.seq ?? last + 1) - 1, whole: true };
    case 'seq':
      return { after: Math.min(since.seq, last), whole: since.seq <= last };
    case 'time':
      return { after: table.before(since.ts), whole: table.kinds.trimmedUpTo(kinds).ts < since.ts };
    case 'id':
      return table.epochs.locate(since.text, last) ?? { after: last, whole: false };
  }
}
