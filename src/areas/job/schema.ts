import { Name, nullable, strict, t } from '../../kernel/schema';
import { STATES } from './model';

export const JobId = t.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'Number of the job; never given twice.' });
export const StateName = t.Union(STATES.map((state) => t.Literal(state)));
export const Tag = Name;
export const GroupName = Name;
export const GraceMs = t.Integer({ minimum: 0, maximum: 3_600_000, default: 5000, description: 'Milliseconds between TERM and KILL.' });

export const Leftover = strict({ pid: t.Integer(), command: t.String() });

const Int = t.Integer({ minimum: 0 });
const Text = nullable(t.String());

/** One job as a reply shows it. Values of its environment are never shown. */
export const Snapshot = strict({
  id: JobId,
  state: StateName,
  command: t.Array(t.String()),
  cwd: Text,
  name: Text,
  tags: t.Array(t.String()),
  group: t.String(),
  priority: t.Integer(),
  exit_code: nullable(t.Integer({ description: 'The exit code; 128 + signal when a signal ended it; null when nobody knows.' })),
  signal: nullable(t.Integer()),
  error: nullable(t.String({ description: 'Why it failed, was interrupted or skipped.' })),
  pid: nullable(t.Integer({ description: 'Leader of the session; null while it does not run.' })),
  attempt: t.Integer({ minimum: 1 }),
  retries: Int,
  after: t.Array(JobId),
  env_names: t.Array(t.String()),
  timeout_secs: nullable(t.Number()),
  keep_output_bytes: Int,
  source: t.String(),
  restart_of: nullable(JobId),
  created_at: t.String(),
  started_at: Text,
  finished_at: Text,
  next_at: nullable(t.String({ description: 'When the next attempt is due.' })),
  duration_ms: nullable(Int),
  output_path: t.String(),
  error_path: t.String(),
  stdout_bytes: Int,
  stderr_bytes: Int,
  pty: t.Boolean(),
  pty_rows: nullable(Int),
  pty_cols: nullable(Int),
  leftovers: t.Array(Leftover, { description: 'Processes of the job that were still there when it was over.' }),
});

export const GroupRow = strict({
  name: t.String(),
  parallel: nullable(t.Integer({ description: 'Null: as the setting job.parallel says.' })),
  slots: t.Integer({ description: 'Jobs that may run at once.' }),
  paused: t.Boolean(),
  queued: Int,
  running: t.Integer({ minimum: 0, description: 'Jobs that hold a place, paused ones included.' }),
});
