import { mkdtempSync, rmSync } from 'node:fs';
import { EventLog } from '../../src/areas/event/log';
import { Scheduler } from '../../src/areas/schedule/scheduler';
import type { JobDraft, JobPort, JobStanding, ScheduleInput, ScheduleRow } from '../../src/areas/schedule/service';
import { ScheduleStore, type ScheduleLimits } from '../../src/areas/schedule/store';
import { ZdError } from '../../src/kernel/error';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { ROOMY } from './event_rig';

const folder = mkdtempSync('/tmp/zd-schedule-');
// Not when the first test file is over: one that runs in the same process may use it still.
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

const LIMITS: ScheduleLimits = { maxCount: 100, historyRuns: 10_000, keepEndedSecs: 3600 };

export const NOON = Date.parse('2026-06-01T12:00:00Z');
/** Milliseconds. */
export const S = 1000;
export const M = 60 * S;
export const H = 60 * M;
export const D = 24 * H;

/** Schedules that have begun, at noon unless it says another time. */
export const rig = (time = NOON): Promise<ScheduleRig> => new ScheduleRig(time).start();

/** Jobs in a table of the same database, so they come and go with its transactions; the test ends them. */
export class FakeJobs implements JobPort {
  refuse: ZdError | null = null;
  readonly cancelled: number[] = [];
  private readonly waiting = new Map<number, PromiseWithResolvers<void>>();

  constructor(private readonly db: Db) {
    db.sqlite.run(
      'CREATE TABLE IF NOT EXISTS fake_job (id INTEGER PRIMARY KEY AUTOINCREMENT, draft TEXT, state TEXT, exit_code INTEGER, finished_at INTEGER)',
    );
  }

  enqueue(draft: JobDraft): number {
    const insert = this.db.sqlite.query<{ id: number }, [string]>(`INSERT INTO fake_job (draft, state) VALUES (?, 'running') RETURNING id`);
    const { id } = insert.get(JSON.stringify(draft))!;
    // After the insert, so that a refusal has something to take back.
    if (this.refuse) throw this.refuse;
    return id;
  }

  standing(id: number): JobStanding | null {
    return this.db.sqlite
      .query<JobStanding, [number]>('SELECT state, exit_code AS exitCode, finished_at AS finishedAt FROM fake_job WHERE id = ?')
      .get(id);
  }

  finished(id: number, signal: AbortSignal): Promise<void> {
    const end = Promise.withResolvers<void>();
    signal.addEventListener('abort', () => end.resolve());
    if (this.standing(id)?.finishedAt !== null) end.resolve();
    this.waiting.set(id, end);
    return end.promise;
  }

  async cancel(id: number): Promise<void> {
    this.cancelled.push(id);
    this.end(id, 'cancelled', null);
  }

  end(id: number, state = 'exited', exitCode: number | null = 0): void {
    this.db.sqlite.query('UPDATE fake_job SET state = ?, exit_code = ?, finished_at = 1 WHERE id = ?').run(state, exitCode, id);
    this.waiting.get(id)?.resolve();
  }

  remove(id: number): void {
    this.db.sqlite.query('DELETE FROM fake_job WHERE id = ?').run(id);
  }

  get drafts(): (JobDraft & { id: number })[] {
    const rows = this.db.sqlite.query<{ id: number; draft: string }, []>('SELECT id, draft FROM fake_job ORDER BY id').all();
    return rows.map(({ id, draft }) => ({ id, ...(JSON.parse(draft) as JobDraft) }));
  }
}

/** Schedules on a file of their own, with clocks and a system zone the test turns, and no timer but the test's own rounds. */
export class ScheduleRig {
  zone = 'UTC';
  limits = { ...LIMITS };
  mono = 0;
  readonly db: Db;
  readonly jobs: FakeJobs;
  readonly store: ScheduleStore;
  readonly scheduler: Scheduler;
  readonly errors: unknown[] = [];

  constructor(
    public time: number,
    readonly path = `${folder}/${Bun.randomUUIDv7()}.db`,
  ) {
    const log = {
      debug() {},
      info() {},
      warn: (...said: unknown[]) => this.errors.push(said),
      error: (...said: unknown[]) => this.errors.push(said),
    };
    const clock = { now: () => this.time, monotonic: () => this.mono };
    this.db = new Db(path, { migrations: zdMigrations, durability: 'full' });
    this.jobs = new FakeJobs(this.db);
    const events = new EventLog(this.db, clock, log, () => ROOMY);
    this.store = new ScheduleStore({ db: this.db, clock, log, events, jobs: this.jobs, limits: () => this.limits, zone: () => this.zone });
    this.scheduler = new Scheduler(this.store);
  }

  /** Begins as the daemon does, and waits for the first round. */
  async start(): Promise<this> {
    void this.scheduler.part.start(() => {});
    await this.scheduler.run();
    return this;
  }

  /** The same file after a crash or stop, at another time. */
  async again(time: number, zone = this.zone): Promise<ScheduleRig> {
    this.close();
    const rig = new ScheduleRig(time, this.path);
    rig.zone = zone;
    return rig.start();
  }

  close(): void {
    this.scheduler.stop();
    this.db.close();
  }

  add(input: ScheduleInput): Promise<ScheduleRow> {
    return this.store.add({ command: ['true'], ...input });
  }

  /** Time goes by as usual: both clocks, and one round. */
  async pass(ms: number): Promise<void> {
    this.time += ms;
    this.mono += ms;
    await this.round();
  }

  /** Somebody sets the clock, or the machine slept: the wall clock moves alone. */
  async jump(ms: number): Promise<void> {
    this.time += ms;
    await this.round();
  }

  /** The first may be one that began before the clock was turned. */
  private async round(): Promise<void> {
    await this.scheduler.run();
    await this.scheduler.run();
  }

  row(id = 1): ScheduleRow {
    return this.store.table.get(id)!;
  }

  /** The runs, oldest first, as `state@scheduled`, seconds after `from`. */
  runs(from: number, id = 1): string[] {
    return this.store
      .history(id, 1000, null)
      .toReversed()
      .map(({ state, scheduled_at, occurrences }) => `${state}@${(scheduled_at - from) / 1000}${occurrences === 1 ? '' : `x${occurrences}`}`);
  }
}
