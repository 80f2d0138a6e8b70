import { ZdError } from '../../kernel/error';
import { checkCron } from './cron';
import { parseDuration } from './duration';
import { delayOf, within } from './model';
import type { ScheduleInput, ScheduleRow } from './service';
import type { Chosen, Stored } from './table';
import { nextAfter, type Timing } from './timing';
import { isZone, momentOf, systemZone } from './zone';

const DEFAULTS = { catch_up: 'run_once', catch_up_limit: 10, overlap: 'skip' } as const;
/** Largest command, and largest environment, as JSON: what a system lets a process begin with. */
const MAX_BYTES = 128 * 1024;

export const timingOf = (row: Chosen): Timing =>
  row.cron_expr !== null
    ? { kind: 'cron', expr: row.cron_expr, zone: row.timezone }
    : row.every_ms !== null
      ? { kind: 'every', everyMs: row.every_ms, anchor: row.anchor_at! }
      : { kind: 'once', at: row.fire_at! };

/** The policy part of a stored schedule. */
export const policyOf = (row: Pick<ScheduleRow, 'id' | 'created_at' | 'catch_up' | 'catch_up_limit' | 'jitter_ms' | 'expires_at'>) => ({
  catchUp: row.catch_up,
  catchUpLimit: row.catch_up_limit,
  delayMs: delayOf(row.id, row.created_at, row.jitter_ms),
  expiresAt: row.expires_at,
});

/** What is stored for an input, over what is stored already. Throws `bad_cron` first, then `bad_args` and `too_large`. */
export function chosen(input: ScheduleInput, current: ScheduleRow | null, now: number): Chosen {
  const when = timingColumns(input, current, now);
  const zone = keep(input.timezone, current?.timezone);
  if (typeof zone === 'string') {
    if (when.cron_expr === null && input.timezone) throw bad('/timezone', 'only a cron expression has a time zone');
    if (!isZone(zone)) throw bad('/timezone', 'is not a time zone; use a name such as Europe/Berlin or UTC');
  }
  const command = input.command ?? (current ? (JSON.parse(current.command) as string[]) : []);
  if (command.length === 0 || command[0] === '') throw bad('/command', 'expected a program and its arguments');
  const cwd = keep(input.cwd, current?.cwd);
  if (cwd !== null && !cwd.startsWith('/')) throw bad('/cwd', 'must be an absolute path');
  const expiresAt = keep(millis(input.expires_at_unix_secs), current?.expires_at);
  if (input.expires_at_unix_secs != null && expiresAt! <= now) throw bad('/expires_at_unix_secs', 'lies in the past');
  return {
    ...when,
    timezone: when.cron_expr === null ? null : zone,
    name: keep(input.name, current?.name),
    notes: keep(input.notes, current?.notes),
    command: bounded('/command', command)!,
    cwd,
    env: input.env === undefined ? (current?.env ?? null) : bounded('/env', checkedEnv(input.env)),
    tags: input.tags ? JSON.stringify([...new Set(input.tags)]) : (current?.tags ?? '[]'),
    job_group: keep(input.group, current?.job_group),
    timeout_secs: keep(input.timeout_secs, current?.timeout_secs),
    catch_up: input.catch_up ?? current?.catch_up ?? DEFAULTS.catch_up,
    catch_up_limit: input.catch_up_limit ?? current?.catch_up_limit ?? DEFAULTS.catch_up_limit,
    overlap: input.overlap ?? current?.overlap ?? DEFAULTS.overlap,
    jitter_ms: input.jitter_secs === undefined ? (current?.jitter_ms ?? 0) : input.jitter_secs * 1000,
    expires_at: expiresAt,
  };
}

function timingColumns(
  input: ScheduleInput,
  current: ScheduleRow | null,
  now: number,
): Pick<Chosen, 'cron_expr' | 'every_ms' | 'anchor_at' | 'fire_at'> {
  const none = { cron_expr: null, every_ms: null, anchor_at: null, fire_at: null };
  const given = (['cron_expr', 'every', 'fire_at_unix_secs'] as const).filter((field) => input[field] !== undefined);
  if (input.cron_expr !== undefined) checkCron(input.cron_expr);
  if (given.length > 1) throw bad(`/${given[1]}`, `cannot be combined with ${given[0]}`);
  const anchor = millis(input.anchor_unix_secs) ?? null;
  const interval = input.every !== undefined ? parseDuration(input.every, '/every') : given.length === 0 ? current?.every_ms : null;
  if (anchor !== null && interval == null) throw bad('/anchor_unix_secs', 'only an interval has an anchor');
  if (interval != null) return { ...none, every_ms: interval, anchor_at: anchor ?? (input.every === undefined ? current!.anchor_at : now) };
  if (input.cron_expr !== undefined) return { ...none, cron_expr: input.cron_expr };
  if (input.fire_at_unix_secs !== undefined) {
    const at = input.fire_at_unix_secs * 1000;
    if (at <= now) throw bad('/fire_at_unix_secs', 'lies in the past');
    return { ...none, fire_at: at };
  }
  if (!current) throw bad('/cron_expr', 'give cron_expr or every');
  return { cron_expr: current.cron_expr, every_ms: null, anchor_at: null, fire_at: current.fire_at };
}

/** The one time that is given, in seconds. Throws `bad_args`. */
export function onceAt(given: { fire_at_unix_secs?: number; at?: string; delay?: string }, now: number): number {
  const fields = (['fire_at_unix_secs', 'at', 'delay'] as const).filter((field) => given[field] !== undefined);
  if (fields.length === 0) throw bad('/fire_at_unix_secs', 'give fire_at_unix_secs, at or delay');
  if (fields.length > 1) throw bad(`/${fields[1]}`, `cannot be combined with ${fields[0]}`);
  if (given.delay !== undefined) return Math.ceil((now + parseDuration(given.delay, '/delay')) / 1000);
  if (given.at === undefined) return given.fire_at_unix_secs!;
  const at = momentOf(given.at, systemZone());
  if (at === null) throw bad('/at', 'expected a time such as 2027-01-31T09:00 or 2027-01-31T09:00:00+02:00');
  if (at <= now) throw bad('/at', 'lies in the past');
  return Math.floor(at / 1000);
}

/** A schedule that is on, from its first time after `now`; null when it has none. */
export function switchedOn(row: Chosen, now: number, systemZone: string, born: Pick<ScheduleRow, 'id' | 'created_at'>): Stored | null {
  const next = within(nextAfter(timingOf(row), now, systemZone), row.expires_at);
  if (next === null) return null;
  return { ...row, enabled: 1, next_at: next, due_at: next + delayOf(born.id, born.created_at, row.jitter_ms), ended: null, ended_at: null };
}

export const switchedOff = (row: Chosen): Stored => ({ ...row, enabled: 0, next_at: null, due_at: null, ended: null, ended_at: null });

/** Undefined keeps, null clears. */
const keep = <T>(given: T | null | undefined, current: T | null | undefined): T | null => (given === undefined ? (current ?? null) : given);

const millis = (secs: number | null | undefined): number | null | undefined => (secs == null ? secs : secs * 1000);

function checkedEnv(env: ScheduleInput['env']): ScheduleInput['env'] {
  for (const name of Object.keys(env ?? {})) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw bad('/env', `"${name.slice(0, 40)}" is not the name of an environment variable`);
  }
  return env;
}

function bounded(path: string, value: unknown): string | null {
  if (value == null) return null;
  const text = JSON.stringify(value);
  const bytes = Buffer.byteLength(text);
  if (bytes <= MAX_BYTES) return text;
  throw new ZdError('too_large', `${path}: has ${bytes} bytes as JSON, the limit is ${MAX_BYTES}.`, { path, extra: { limit: MAX_BYTES } });
}

export const bad = (path: string, message: string): ZdError => new ZdError('bad_args', `${path}: ${message}`, { path });
