import { nanos } from '../../kernel/clock';
import { nullable, Nanos, strict, t } from '../../kernel/schema';
import { formatDuration } from './duration';
import { CATCH_UPS, GRACE_MS, OVERLAPS } from './model';
import type { Run, ScheduleRow } from './service';

export const Id = t.Integer({ minimum: 1, description: 'Number of the schedule.' });

export const Seconds = (description: string) => t.Integer({ minimum: 0, maximum: 253_402_300_799, description });
const text = (maxLength: number, description: string) => t.String({ minLength: 1, maxLength, pattern: '^[^\\u0000-\\u001f\\u007f]+$', description });
const Argument = t.String({ maxLength: 131_072, pattern: '^[^\\u0000]*$' });

const Zone = text(64, 'Zone of a cron expression, such as Europe/Berlin or UTC; by default the zone of the system, also when that changes.');

const When = {
  cron_expr: t.Optional(
    t.String({ maxLength: 512, description: '5 fields, or 6 with seconds first, or a name such as @daily. Weekdays count from 0 = Sunday.' }),
  ),
  every: t.Optional(
    t.String({
      maxLength: 40,
      description: 'Instead of an expression, an interval of at least a second such as 90s, 10m, 1h30m or 2d, by elapsed time.',
    }),
  ),
  anchor_unix_secs: t.Optional(Seconds('Where an interval counts from, and not before, in seconds since 1970; now by default.')),
};

export const Command = t.Array(Argument, { maxItems: 4096, description: 'The program and its arguments. No shell is involved.' });

const Name = text(128, 'What people call it; its jobs have the same name.');
const Notes = t.String({ maxLength: 4096, pattern: '^[^\\u0000]*$', description: 'For people.' });
const Cwd = text(4096, 'Absolute path of the folder the jobs run in.');
const Env = t.Record(t.String(), Argument, { maxProperties: 1024, description: 'Variables the jobs get beside the usual few.' });
const Group = text(128, 'Group of the jobs.');
const TimeoutSecs = t.Integer({ minimum: 1, maximum: 31_622_400, description: 'How long a job may run.' });
const ExpiresAt = Seconds('Times from here on do not count; in seconds since 1970.');

/** What every kind of schedule may say. */
const Common = {
  tags: t.Optional(t.Array(text(128, ''), { maxItems: 32, description: 'Tags of the jobs, beside `scheduled` and `schedule:ID`.' })),
  catch_up: t.Optional(
    t.Union(
      CATCH_UPS.map((each) => t.Literal(each)),
      {
        default: 'run_once',
        description: `What to do about times that passed while zd was down, the machine slept or the clock jumped: nothing when the last is over ${GRACE_MS / 1000} s ago, one run, or each.`,
      },
    ),
  ),
  overlap: t.Optional(
    t.Union(
      OVERLAPS.map((each) => t.Literal(each)),
      {
        default: 'skip',
        description:
          'What to do while the job of an earlier run has not ended: leave this run out, let it wait, run both, or end the earlier one first.',
      },
    ),
  ),
};

/** What only a schedule with more than one time may say. */
const Recurring = {
  catch_up_limit: t.Optional(
    t.Integer({ minimum: 1, maximum: 100, default: 10, description: 'Most runs that run_all makes up for; the newest count.' }),
  ),
  jitter_secs: t.Optional(
    t.Integer({ minimum: 0, maximum: 86_400, default: 0, description: 'Runs come later by up to this, always by the same part of it.' }),
  ),
};

export const OnceInput = {
  name: t.Optional(Name),
  notes: t.Optional(Notes),
  cwd: t.Optional(Cwd),
  env: t.Optional(Env),
  group: t.Optional(Group),
  timeout_secs: t.Optional(TimeoutSecs),
  ...Common,
};

export const AddInput = {
  ...When,
  timezone: t.Optional(Zone),
  command: Command,
  ...OnceInput,
  ...Recurring,
  expires_at_unix_secs: t.Optional(ExpiresAt),
};

/** Null clears. */
export const UpdateInput = {
  ...When,
  fire_at_unix_secs: t.Optional(Seconds('Makes it a schedule that runs once.')),
  timezone: t.Optional(nullable(Zone)),
  command: t.Optional(Command),
  name: t.Optional(nullable(Name)),
  notes: t.Optional(nullable(Notes)),
  cwd: t.Optional(nullable(Cwd)),
  env: t.Optional(nullable(Env)),
  group: t.Optional(nullable(Group)),
  timeout_secs: t.Optional(nullable(TimeoutSecs)),
  ...Common,
  ...Recurring,
  expires_at_unix_secs: t.Optional(nullable(ExpiresAt)),
};

const NullableText = nullable(t.String());
const NullableNanos = nullable(Nanos);

export const RunItem = strict({
  run_id: t.Integer(),
  scheduled_at_ns: Nanos,
  fired_at_ns: Nanos,
  cause: t.Union([t.Literal('time'), t.Literal('manual')]),
  state: t.String({
    description: 'waiting (for an earlier run), skipped (because of one), missed, refused (no job was made), removed, or the state of the job.',
  }),
  occurrences: t.Integer({ minimum: 1, description: 'How many times a missed run stands for; 500 for that many or more.' }),
  job_id: nullable(t.Integer()),
  exit_code: nullable(t.Integer()),
  finished_at_ns: NullableNanos,
  reason: NullableText,
});

export const ScheduleItem = strict({
  id: Id,
  name: NullableText,
  when: t.String({ description: 'Its times as a person writes them.' }),
  cron_expr: NullableText,
  every: NullableText,
  anchor_ns: NullableNanos,
  fire_at_ns: NullableNanos,
  timezone: NullableText,
  command: t.Array(t.String()),
  cwd: NullableText,
  env_json: nullable(t.String({ description: 'The variables as JSON. A caller without schedule.write sees their names only.' })),
  tags: t.Array(t.String()),
  group: NullableText,
  timeout_secs: nullable(t.Integer()),
  notes: NullableText,
  catch_up: t.String(),
  catch_up_limit: t.Integer(),
  overlap: t.String(),
  jitter_secs: t.Integer(),
  expires_at_ns: NullableNanos,
  enabled: t.Boolean(),
  ended: nullable(t.Union([t.Literal('fired'), t.Literal('expired')], { description: 'Why it is over.' })),
  next_run_ns: nullable(t.Integer({ minimum: 0, description: 'When it runs next, its jitter included.' })),
  last_run_ns: nullable(t.Integer({ minimum: 0, description: 'The newest time by the calendar that was acted on.' })),
  last_job_id: nullable(t.Integer()),
  last_state: nullable(t.String({ description: 'State of the job of the last run, or `refused`.' })),
  last_exit_code: nullable(t.Integer()),
  failures: t.Integer({ minimum: 0, description: 'Runs in a row whose job was refused.' }),
  last_error: NullableText,
  created_at: Nanos,
});

export const ns = (ms: number | null): number | null => (ms === null ? null : nanos(ms));

/** What every op answers that makes or changes a schedule. */
export const Outcome = {
  schedule_id: Id,
  cron_expr: NullableText,
  every: NullableText,
  fire_at_ns: NullableNanos,
  timezone: NullableText,
  enabled: t.Boolean(),
  next_run_ns: NullableNanos,
};

export const outcome = (row: ScheduleRow) => ({
  schedule_id: row.id,
  cron_expr: row.cron_expr,
  every: row.every_ms === null ? null : formatDuration(row.every_ms),
  fire_at_ns: ns(row.fire_at),
  timezone: row.timezone,
  enabled: row.enabled === 1,
  next_run_ns: ns(row.due_at),
});

export const runItem = (run: Run) => ({
  run_id: run.id,
  scheduled_at_ns: nanos(run.scheduled_at),
  fired_at_ns: nanos(run.fired_at),
  cause: run.cause,
  state: run.state,
  occurrences: run.occurrences,
  job_id: run.job_id,
  exit_code: run.exit_code,
  finished_at_ns: ns(run.finished_at),
  reason: run.reason,
});

export const scheduleItem = (row: ScheduleRow, last: Run | null, showEnv: boolean) => ({
  id: row.id,
  name: row.name,
  when: whenOf(row),
  cron_expr: row.cron_expr,
  every: row.every_ms === null ? null : formatDuration(row.every_ms),
  anchor_ns: ns(row.anchor_at),
  fire_at_ns: ns(row.fire_at),
  timezone: row.timezone,
  command: JSON.parse(row.command) as string[],
  cwd: row.cwd,
  env_json: row.env === null || showEnv ? row.env : namesOnly(row.env),
  tags: JSON.parse(row.tags) as string[],
  group: row.job_group,
  timeout_secs: row.timeout_secs,
  notes: row.notes,
  catch_up: row.catch_up,
  catch_up_limit: row.catch_up_limit,
  overlap: row.overlap,
  jitter_secs: row.jitter_ms / 1000,
  expires_at_ns: ns(row.expires_at),
  enabled: row.enabled === 1,
  ended: row.ended,
  next_run_ns: ns(row.due_at),
  last_run_ns: ns(row.last_at),
  last_job_id: row.last_job_id,
  last_state: last?.state ?? null,
  last_exit_code: last?.exit_code ?? null,
  failures: row.failures,
  last_error: row.last_error,
  created_at: nanos(row.created_at),
});

const whenOf = ({ cron_expr, every_ms, fire_at, timezone }: ScheduleRow): string => {
  if (cron_expr !== null) return timezone === null ? cron_expr : `${cron_expr} (${timezone})`;
  return every_ms === null ? `once at ${new Date(fire_at!).toISOString().replace('.000Z', 'Z')}` : `every ${formatDuration(every_ms)}`;
};

const namesOnly = (env: string): string => JSON.stringify(Object.fromEntries(Object.keys(JSON.parse(env) as object).map((name) => [name, '***'])));
