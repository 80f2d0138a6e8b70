import { millis } from '../kernel/clock';

/** Text for a person: times as ISO 8601, durations in words, everything on one line. */
export function cell(value: unknown, field = ''): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') {
    if (isTime(value, field)) return new Date(millis(value)).toISOString();
    if (field.endsWith('_ms')) return duration(value);
    return String(value);
  }
  if (Array.isArray(value) && value.every((item) => typeof item !== 'object' || item === null)) return value.map((item) => cell(item)).join(', ');
  return printable(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A time as a person asks for it: how long until then, or since. */
export function relative(value: unknown, now: number): unknown {
  if (typeof value !== 'number' || !isTime(value, '')) return value;
  const ms = millis(value) - now;
  return ms >= 0 ? `in ${duration(ms)}` : `${duration(-ms)} ago`;
}

/** The wire's times are nanoseconds since 1970; every such number after 2001 is larger than this, and nothing else is. */
const isTime = (value: number, field: string): boolean => value >= 1e18 && Number.isInteger(value) && !field.endsWith('bytes');

/** Control characters would move the cursor or change the terminal. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;
const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\t': '\\t', '\r': '\\r' };
export const printable = (text: string): string =>
  text.replace(CONTROL, (character) => NAMED[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** A field of tab-separated output: exact, but for what would break the line. */
export const tsvField = (value: unknown): string => {
  const text = value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/[\\\t\n\r]/g, (character) => (character === '\\' ? '\\\\' : NAMED[character]!));
};

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const;

/** Milliseconds in the two largest units: `2d 3h`, `4m 5s`, `120ms`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const parts: string[] = [];
  let rest = ms;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
