import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import { bad, chosen, switchedOff, switchedOn } from './draft';
import { Firing, nothing, type After, type FireLimits } from './fire';
import { RunTable } from './runs';
import type { JobPort, Run, RunRow, ScheduleInput, ScheduleRow, ScheduleService } from './service';
import { ScheduleTable, type Stored } from './table';

/** Read anew at each use, so a changed setting holds at once. */
export interface ScheduleLimits extends FireLimits {
  readonly maxCount: number;
  /** How long a schedule that ended by itself is kept. */
  readonly keepEndedSecs: number;
}

export interface ScheduleParts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventService;
  readonly jobs: JobPort;
  readonly limits: () => ScheduleLimits;
  /** The system's time zone at this moment. */
  readonly zone: () => string;
}

/** The schedules and their history: what callers do with them. */
export class ScheduleStore implements ScheduleService {
  readonly table: ScheduleTable;
  readonly runs: RunTable;
  readonly firing: Firing;
  private readonly changed: (() => void)[] = [];
  private readonly starters: ((job: number) => void)[] = [];

  constructor(readonly parts: ScheduleParts) {
    const { db, jobs, events, clock, limits, zone } = parts;
    this.table = new ScheduleTable(db);
    this.runs = new RunTable(db);
    this.firing = new Firing(db, this.table, this.runs, jobs, events, clock, limits, zone);
  }

  /** Calls the listener after every change of what is due when. */
  onChange(listener: () => void): void {
    this.changed.push(listener);
  }

  /** Calls the listener with every job that was enqueued, after its commit. */
  onStarted(listener: (job: number) => void): void {
    this.starters.push(listener);
  }

  async add(input: ScheduleInput): Promise<ScheduleRow> {
    const { clock, limits, zone } = this.parts;
    const now = clock.now();
    const row = chosen(input, null, now);
    return this.change(() => {
      const { maxCount } = limits();
      if (this.table.count() >= maxCount) {
        throw new ZdError('too_many', `There are ${maxCount} schedules already.`, {
          hint: 'Remove some, or raise schedule.max_count.',
          extra: { limit: maxCount },
        });
      }
      // The id decides the jitter, so the row is there before its due time is known.
      const id = this.table.insert(switchedOff(row), now);
      this.table.update(id, this.on(row, now, zone(), { id, created_at: now }));
      return this.require(id);
    });
  }

  update(id: number, input: ScheduleInput): Promise<ScheduleRow> {
    return this.change(() => {
      const { clock, zone } = this.parts;
      const now = clock.now();
      const current = this.require(id);
      const row = chosen(input, current, now);
      const newTime = ['cron_expr', 'every', 'fire_at_unix_secs', 'anchor_unix_secs', 'timezone', 'expires_at_unix_secs', 'jitter_secs'].some(
        (field) => field in input,
      );
      // A time that has come but was not acted on yet is not lost by a change of something else.
      if (!newTime) this.table.update(id, { ...current, ...row });
      else if (current.enabled === 1 || current.ended !== null) this.table.update(id, this.on(row, now, zone(), current));
      else this.table.update(id, switchedOff(row));
      return this.require(id);
    });
  }

  setEnabled(id: number, enabled: boolean): Promise<ScheduleRow> {
    return this.change(() => {
      const { clock, zone } = this.parts;
      const current = this.require(id);
      if (enabled && current.enabled === 0) {
        const row = switchedOn(current, clock.now(), zone(), current);
        if (!row) throw new ZdError('conflict', `Schedule ${id} has no time left to run at.`, { hint: 'Give it a new time with schedule_update.' });
        this.table.update(id, row);
      } else if (!enabled) {
        this.table.update(id, { ...switchedOff(current), ended: current.ended, ended_at: current.ended_at });
        this.firing.dropWaiting(id, 'the schedule was disabled');
      }
      return this.require(id);
    });
  }

  remove(id: number): Promise<boolean> {
    return this.change(() => this.table.remove(id));
  }

  list(enabledOnly: boolean): { schedule: ScheduleRow; last: Run | null }[] {
    return this.table.list(enabledOnly).map((schedule) => {
      const last = this.runs.last(schedule.id);
      return { schedule, last: last && this.now(last) };
    });
  }

  async runNow(id: number): Promise<Run> {
    const { run, after } = await this.parts.db.write(() => {
      const made = nothing();
      return { run: this.firing.manual(this.require(id), made), after: made };
    });
    this.carryOut(after);
    return this.now(this.runs.get(run)!);
  }

  history(id: number, limit: number, before: number | null): Run[] {
    this.require(id);
    return this.runs.history(id, limit, before).map((run) => this.now(run));
  }

  /** What a committed decision left to do. */
  carryOut({ started, cancel }: After): void {
    const { jobs, log } = this.parts;
    for (const job of started) for (const listener of this.starters) listener(job);
    for (const job of cancel) jobs.cancel(job).catch((error) => log.warn('schedules: a job was not cancelled', { job, error }));
  }

  private async change<T>(work: () => T): Promise<T> {
    const value = await this.parts.db.write(work, 'full');
    for (const listener of this.changed) listener();
    return value;
  }

  private on(row: Parameters<typeof switchedOn>[0], now: number, zone: string, born: Pick<ScheduleRow, 'id' | 'created_at'>): Stored {
    const stored = switchedOn(row, now, zone, born);
    if (!stored) throw bad('/expires_at_unix_secs', 'comes before the first run');
    return stored;
  }

  private require(id: number): ScheduleRow {
    const row = this.table.get(id);
    if (!row) throw new ZdError('no_such_schedule', `There is no schedule ${id}.`);
    return row;
  }

  private now(run: RunRow): Run {
    if (run.state === 'finished') return { ...run, state: run.outcome! };
    if (run.state !== 'active') return run;
    const standing = this.parts.jobs.standing(run.job_id!);
    if (!standing) return { ...run, state: 'removed' };
    return { ...run, state: standing.state, exit_code: standing.exitCode, finished_at: standing.finishedAt };
  }
}
