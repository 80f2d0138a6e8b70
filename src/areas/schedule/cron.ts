import { Cron, CronPattern } from 'croner';
import { ZdError } from '../../kernel/error';

/**
 * Which rule holds when the clocks change: an expression whose seconds, minutes and hours have neither `*` nor a step names times of day; one of
 * them that does not exist runs at the first moment after the gap, and one that comes twice runs at its first. Every other expression is an interval:
 * it leaves out what the gap leaves out and runs in both repeated hours.
 */
const OPTIONS = { mode: '5-or-6-parts', fixedTimeRule: 'no-wildcard' } as const;

const NAMES: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const FIELDS = [
  { name: 'second', takes: '0-59' },
  { name: 'minute', takes: '0-59' },
  { name: 'hour', takes: '0-23' },
  { name: 'day of month', takes: '1-31, L or 15W' },
  { name: 'month', takes: '1-12 or JAN-DEC' },
  { name: 'day of week', takes: '0-7 or SUN-SAT, 5#2 or 5L' },
] as const;

/** Throws `bad_cron` with the position (from 0) of the first fault, and the field it is in. */
export function checkCron(expr: string): void {
  const parts = [...expr.matchAll(/\S+/g)];
  const first = parts[0];
  if (first?.[0].startsWith('@')) {
    if (parts.length > 1) throw badCron(parts[1]!.index, null, 'nothing may follow a name');
    if (Object.hasOwn(NAMES, first[0].toLowerCase())) return;
    throw badCron(first.index, null, `"${first[0].slice(0, 40)}" is not a name; the names are ${Object.keys(NAMES).join(' ')}`);
  }
  if (parts.length < 5) throw badCron(expr.length, null, `an expression has 5 fields, or 6 with seconds; here it ends after ${parts.length}`);
  if (parts.length > 6) throw badCron(parts[6]!.index, null, `an expression has 5 fields, or 6 with seconds; this is the seventh`);
  const skipped = 6 - parts.length;
  for (const [at, part] of parts.entries()) checkField(part[0], part.index, at + skipped);
  if (!reads(expanded(expr))) throw badCron(first!.index, null, 'the fields do not fit together');
  if (nextCron(expr, 'UTC', Date.UTC(2000, 0, 1)) === null) {
    throw badCron(parts[3 - skipped]!.index, 'day of month', 'there is no such day, so it would never run');
  }
}

function checkField(text: string, from: number, at: number): void {
  const { name, takes } = FIELDS[at]!;
  const alone = (item: string) => reads(FIELDS.map((_, slot) => (slot === at ? item : '*')).join(' '));
  if (alone(text)) return;
  let offset = 0;
  for (const item of text.split(',')) {
    if (item === '' || !alone(item)) {
      throw badCron(from + offset, name, `"${item.slice(0, 40)}" is not valid; the ${name} takes ${takes}, ranges, steps such as */5, and lists`);
    }
    offset += item.length + 1;
  }
  throw badCron(from, name, `"${text.slice(0, 40)}" is not a list for the ${name}`);
}

function reads(pattern: string): boolean {
  // Such a text would be read as a date, or filled with the time it is now.
  if (pattern.includes(':') || pattern.includes('@')) return false;
  try {
    new CronPattern(pattern, undefined, OPTIONS);
    return true;
  } catch {
    return false;
  }
}

function badCron(position: number, field: string | null, reason: string): ZdError {
  const where = field === null ? '' : ` (${field})`;
  return new ZdError('bad_cron', `/cron_expr: at position ${position}${where}: ${reason}`, { path: '/cron_expr', extra: { position, field } });
}

const expanded = (expr: string): string => NAMES[expr.trim().toLowerCase()] ?? expr.trim();

/** Parsed expressions by zone. A parsed one holds about 100 KB, so the map is bounded; the one added first goes. */
const parsed = new Map<string, Cron>();
const MAX_PARSED = 200;

function cron(expr: string, zone: string): Cron {
  const key = `${zone}\n${expr}`;
  let found = parsed.get(key);
  if (!found) {
    if (parsed.size >= MAX_PARSED) parsed.delete(parsed.keys().next().value!);
    parsed.set(key, (found = new Cron(expanded(expr), { ...OPTIONS, timezone: zone, paused: true })));
  }
  return found;
}

/** The first time strictly after `after` (both in milliseconds), or null when there is none before the year 3000. */
export const nextCron = (expr: string, zone: string, after: number): number | null => cron(expr, zone).nextRun(new Date(after))?.getTime() ?? null;
