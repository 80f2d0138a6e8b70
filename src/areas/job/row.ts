import type { State, Stop } from './model';
import type { Member } from './session';

/** A job as it is stored. Times are milliseconds since the epoch. */
export interface JobRow {
  readonly job_id: number;
  readonly state: State;
  /** JSON. */
  readonly command: string;
  readonly cwd: string;
  readonly env: string;
  readonly tags: string;
  readonly name: string | null;
  readonly grp: string;
  readonly priority: number;
  readonly after: string;
  readonly waiting: number;
  readonly not_before: number;
  readonly timeout_ms: number | null;
  readonly stdin: Uint8Array | null;
  readonly pty: number;
  readonly pty_rows: number | null;
  readonly pty_cols: number | null;
  readonly retries: number;
  readonly backoff_ms: number;
  readonly keep_output_bytes: number;
  readonly idempotency_key: string | null;
  readonly digest: string | null;
  readonly source: string;
  readonly restart_of: number | null;
  readonly attempt: number;
  readonly launch: number;
  readonly boot: string | null;
  readonly pid: number | null;
  readonly pid_start: string | null;
  readonly stop: Stop | null;
  readonly created_at: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly exit_code: number | null;
  readonly signal: number | null;
  readonly error: string | null;
  readonly leftovers: string | null;
  readonly stdout_bytes: number;
  readonly stderr_bytes: number;
  readonly stdout_dropped: number;
  readonly stderr_dropped: number;
}

/** What a list shows of every job: without what may be long, or is zd's own business. */
export const COMMON = [
  'job_id',
  'state',
  'command',
  'cwd',
  'grp',
  'priority',
  'pty',
  'retries',
  'keep_output_bytes',
  'source',
  'attempt',
  'created_at',
] as const satisfies readonly (keyof JobRow)[];
/**
 * What a job that waits has only by a caller's wish or by an earlier start, and its value otherwise. A list takes it as one text, null for a
 * job that has nothing of it: a value costs more to hand over than to compare, and lists are long.
 */
export const RARE = {
  env: '{}',
  tags: '[]',
  after: '[]',
  name: null,
  not_before: 0,
  timeout_ms: null,
  pty_rows: null,
  pty_cols: null,
  restart_of: null,
  launch: 0,
  pid: null,
  started_at: null,
  finished_at: null,
  exit_code: null,
  signal: null,
  error: null,
  leftovers: null,
  stdout_bytes: 0,
  stderr_bytes: 0,
} as const satisfies Partial<JobRow>;
export type CommonRow = Pick<JobRow, (typeof COMMON)[number]>;
export type RareRow = Pick<JobRow, keyof typeof RARE>;
export type ListedRow = CommonRow & { readonly rare: string | null };

export const rareOf = (row: ListedRow): RareRow => (row.rare === null ? RARE : (JSON.parse(row.rare) as RareRow));

/** A job that is checked and can be stored. */
export interface Draft {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly tags: readonly string[];
  readonly name: string | null;
  readonly group: string;
  readonly priority: number;
  readonly after: readonly number[];
  readonly timeoutMs: number | null;
  readonly stdin: Uint8Array | null;
  readonly pty: boolean;
  readonly rows: number;
  readonly cols: number;
  readonly retries: number;
  readonly backoffMs: number;
  readonly keepOutputBytes: number;
  readonly idempotencyKey: string | null;
  readonly source: string;
  readonly restartOf: number | null;
}

export interface Group {
  readonly name: string;
  /** Null: as the setting says. */
  readonly parallel: number | null;
  readonly paused: boolean;
}

export const commandOf = (row: Pick<JobRow, 'command'>): string[] => JSON.parse(row.command) as string[];
export const leftoversOf = (row: Pick<JobRow, 'leftovers'>): Member[] => (row.leftovers === null ? [] : (JSON.parse(row.leftovers) as Member[]));

/** The draft a stored job came from, for another one like it. */
export const draftOf = (row: JobRow): Draft => ({
  command: commandOf(row),
  cwd: row.cwd,
  env: JSON.parse(row.env) as Record<string, string>,
  tags: JSON.parse(row.tags) as string[],
  name: row.name,
  group: row.grp,
  priority: row.priority,
  after: [],
  timeoutMs: row.timeout_ms,
  stdin: row.stdin,
  pty: row.pty === 1,
  rows: row.pty_rows ?? 24,
  cols: row.pty_cols ?? 80,
  retries: row.retries,
  backoffMs: row.backoff_ms,
  keepOutputBytes: row.keep_output_bytes,
  idempotencyKey: null,
  source: row.source,
  restartOf: row.job_id,
});
