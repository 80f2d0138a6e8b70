import type { SQLQueryBindings } from 'bun:sqlite';
import type { Statement } from '../../storage/statement';
import type { Db } from '../../storage/db';
import type { Outcome, State, Stop } from './model';
import { COMMON, RARE, type Draft, type JobRow, type ListedRow } from './row';

export interface ListQuery {
  readonly state?: State;
  readonly tag?: string;
  readonly group?: string;
  /** Only jobs with a smaller number. */
  readonly before?: number;
  readonly limit: number;
}

export interface Sizes {
  readonly stdout: number;
  readonly stderr: number;
}

const quoted = (value: string | number): string => (typeof value === 'string' ? `'${value}'` : String(value));
const isUsual = Object.entries(RARE).map(([column, usual]) => (usual === null ? `job.${column} IS NULL` : `job.${column} = ${quoted(usual)}`));
const LISTED = [
  ...COMMON.map((column) => `job.${column}`),
  `CASE WHEN ${isUsual.join(' AND ')} THEN NULL ELSE json_object(${Object.keys(RARE).map((column) => `'${column}', job.${column}`)}) END AS rare`,
];

/** The SQL of jobs. What changes rows is to be called inside a write only. */
export class JobTable {
  private readonly insertJob: Statement<{ job_id: number }>;
  private readonly insertTag: Statement<unknown>;
  private readonly insertAfter: Statement<unknown>;
  private readonly byId: Statement<JobRow>;
  private readonly byKey: Statement<JobRow>;
  private readonly readyIds: Statement<{ job_id: number }>;
  private readonly next: Statement<{ at: number }>;
  private readonly claimOne: Statement<JobRow>;
  private readonly setPid: Statement<unknown>;
  private readonly setState: Statement<unknown>;
  private readonly setStop: Statement<unknown>;
  private readonly setEnd: Statement<unknown>;
  private readonly setDropped: Statement<unknown>;
  private readonly setSize: Statement<unknown>;
  private readonly again: Statement<unknown>;
  private readonly dependents: Statement<{ job_id: number }>;
  private readonly dropDependency: Statement<unknown>;
  private readonly release: Statement<unknown>;
  private readonly deleteJob: Statement<unknown>;
  private readonly lists = new Map<string, Statement<{ job_id: number } & Partial<ListedRow>>>();
  private readonly listedOne: Statement<ListedRow>;

  /** `changed` is called for every job whose row is written or removed. */
  constructor(
    private readonly db: Db,
    private readonly changed: (id: number) => void,
  ) {
    this.insertJob = db.prepare(
      `INSERT INTO job (state, command, cwd, env, tags, name, grp, priority, after, waiting, not_before, timeout_ms, stdin, pty, pty_rows, pty_cols,
         retries, backoff_ms, keep_output_bytes, idempotency_key, digest, source, restart_of, attempt, launch, boot, created_at, started_at,
         finished_at, error)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?, ?, ?, ?, ?) RETURNING job_id`,
    );
    this.insertTag = db.prepare('INSERT OR IGNORE INTO job_tag VALUES (?, ?)');
    this.insertAfter = db.prepare('INSERT OR IGNORE INTO job_after VALUES (?, ?)');
    this.byId = db.prepare('SELECT * FROM job WHERE job_id = ?');
    this.byKey = db.prepare('SELECT * FROM job WHERE idempotency_key = ?');
    this.readyIds = db.prepare(
      `SELECT job_id FROM job WHERE grp = ? AND state = 'queued' AND waiting = 0 AND not_before <= ? ORDER BY priority DESC, job_id LIMIT ?`,
    );
    // Named, because the planner would rather look at everything that is queued.
    this.next = db.prepare(
      `SELECT not_before AS at FROM job INDEXED BY job_later WHERE state = 'queued' AND waiting = 0 AND not_before > 0 ORDER BY not_before LIMIT 1`,
    );
    this.claimOne = db.prepare(
      `UPDATE job SET state = 'running', launch = launch + 1, boot = ?, pid = NULL, pid_start = NULL, stop = NULL, started_at = ?, finished_at = NULL
       WHERE job_id = ? AND state = 'queued' AND waiting = 0 RETURNING *`,
    );
    this.setPid = db.prepare('UPDATE job SET pid = ?, pid_start = ? WHERE job_id = ? AND launch = ?');
    this.setState = db.prepare('UPDATE job SET state = ? WHERE job_id = ?');
    this.setStop = db.prepare('UPDATE job SET stop = ? WHERE job_id = ?');
    this.setEnd = db.prepare(
      `UPDATE job SET state = ?, exit_code = ?, signal = ?, error = ?, leftovers = ?, finished_at = ?, stdout_bytes = ?, stderr_bytes = ?
       WHERE job_id = ?`,
    );
    this.setDropped = db.prepare('UPDATE job SET stdout_dropped = ?, stderr_dropped = ? WHERE job_id = ?');
    this.setSize = db.prepare('UPDATE job SET pty_rows = ?, pty_cols = ? WHERE job_id = ?');
    this.again = db.prepare(
      `UPDATE job SET state = 'queued', attempt = attempt + ?, not_before = ?, pid = NULL, pid_start = NULL, stop = NULL WHERE job_id = ?`,
    );
    this.dependents = db.prepare('SELECT job_id FROM job_after WHERE dependency = ? ORDER BY job_id');
    this.dropDependency = db.prepare('DELETE FROM job_after WHERE dependency = ?');
    this.release = db.prepare('UPDATE job SET waiting = waiting - 1 WHERE job_id = ?');
    this.deleteJob = db.prepare('DELETE FROM job WHERE job_id = ?');
    this.listedOne = db.prepare(`SELECT ${LISTED.join(', ')} FROM job WHERE job_id = ?`);
  }

  /** `skipped`: why it will never run. `waiting`: what it waits for. `boot`: its first start is decided on, in this boot of the machine. */
  insert(draft: Draft, digest: string | null, waiting: readonly number[], skipped: string | null, now: number, boot: string | null): number {
    const { command, cwd, env, tags, name, group, priority, after } = draft;
    const { job_id } = this.insertJob.get(
      skipped !== null ? 'skipped' : boot === null ? 'queued' : 'running',
      JSON.stringify(command),
      cwd,
      JSON.stringify(env),
      JSON.stringify(tags),
      name,
      group,
      priority,
      JSON.stringify(after),
      waiting.length,
      draft.timeoutMs,
      draft.stdin,
      draft.pty ? 1 : 0,
      draft.pty ? draft.rows : null,
      draft.pty ? draft.cols : null,
      draft.retries,
      draft.backoffMs,
      draft.keepOutputBytes,
      draft.idempotencyKey,
      digest,
      draft.source,
      draft.restartOf,
      boot === null ? 0 : 1,
      boot,
      now,
      boot === null ? null : now,
      skipped === null ? null : now,
      skipped,
    )!;
    for (const tag of tags) this.insertTag.run(tag, job_id);
    for (const dependency of waiting) this.insertAfter.run(dependency, job_id);
    return job_id;
  }

  get(id: number): JobRow | null {
    return this.byId.get(id);
  }

  withKey(key: string): JobRow | null {
    return this.byKey.get(key);
  }

  /** What a group starts next, best first. */
  ready(group: string, now: number, limit: number): number[] {
    return this.readyIds.all(group, now, limit).map((row) => row.job_id);
  }

  /** When the next job that waits for its time is due. */
  nextTime(): number | null {
    return this.next.get()?.at ?? null;
  }

  /** Decides to start a job; null when it is not to be started any more. */
  claim(id: number, boot: string, now: number): JobRow | null {
    this.changed(id);
    return this.claimOne.get(boot, now, id);
  }

  pid(id: number, launch: number, pid: number, start: string): void {
    this.changed(id);
    this.setPid.run(pid, start, id, launch);
  }

  state(id: number, state: State): void {
    this.changed(id);
    this.setState.run(state, id);
  }

  stop(id: number, stop: Stop | null): void {
    this.changed(id);
    this.setStop.run(stop, id);
  }

  end(id: number, outcome: Outcome, leftovers: string | null, sizes: Sizes, now: number): void {
    this.changed(id);
    this.setEnd.run(outcome.state, outcome.exitCode, outcome.signal, outcome.error, leftovers, now, sizes.stdout, sizes.stderr, id);
  }

  dropped(id: number, dropped: Sizes): void {
    this.changed(id);
    this.setDropped.run(dropped.stdout, dropped.stderr, id);
  }

  size(id: number, rows: number, cols: number): void {
    this.changed(id);
    this.setSize.run(rows, cols, id);
  }

  /** Back into the queue: as another attempt, or (`attempts` 0) because nothing ran. */
  requeue(id: number, attempts: 0 | 1, notBefore: number): void {
    this.changed(id);
    this.again.run(attempts, notBefore, id);
  }

  /** The jobs that waited for this one; they do no longer. */
  takeDependents(id: number): number[] {
    const found = this.dependents.all(id).map((row) => row.job_id);
    if (found.length > 0) this.dropDependency.run(id);
    return found;
  }

  releaseOne(id: number): void {
    this.release.run(id);
  }

  remove(id: number): void {
    this.changed(id);
    this.deleteJob.run(id);
  }

  /** Newest first. */
  list(query: ListQuery): ListedRow[] {
    return this.select(LISTED.join(', '), query) as ListedRow[];
  }

  /** The numbers of the same jobs; a list that is mostly known asks for these and for what it misses. */
  ids(query: ListQuery): number[] {
    return this.select('job.job_id', query).map((row) => row.job_id);
  }

  listed(id: number): ListedRow | null {
    return this.listedOne.get(id);
  }

  private select(columns: string, { state, tag, group, before, limit }: ListQuery): readonly { job_id: number }[] {
    const where: string[] = [];
    const values: SQLQueryBindings[] = [];
    const add = (condition: string, value: string | number | undefined) => {
      if (value === undefined) return;
      where.push(condition);
      values.push(value);
    };
    add('job.state = ?', state);
    add('job.grp = ?', group);
    add('job.job_id < ?', before);
    add('job_tag.tag = ?', tag);
    const from = tag === undefined ? 'job' : 'job_tag CROSS JOIN job USING (job_id)';
    const order = tag === undefined ? 'job.job_id' : 'job_tag.job_id';
    const sql = `SELECT ${columns} FROM ${from} ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''} ORDER BY ${order} DESC LIMIT ?`;
    let statement = this.lists.get(sql);
    // As many statements as there are sets of filters, twice: thirty-two.
    if (!statement) this.lists.set(sql, (statement = this.db.prepare(sql)));
    return statement.all(...values, limit);
  }
}
