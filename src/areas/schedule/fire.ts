import type { Clock } from '../../kernel/clock';
import { nanos } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import { failpoint } from '../../kernel/failpoint';
import type { Db } from '../../storage/db';
import { policyOf, timingOf } from './draft';
import { decide, plan } from './model';
import type { RunTable } from './runs';
import type { JobPort, RunRow, ScheduleRow } from './service';
import type { ScheduleTable } from './table';

export interface FireLimits {
  /** Runs of one schedule that its history keeps. */
  readonly historyRuns: number;
}

/** What is left to do once the write is committed. */
export interface After {
  /** Jobs to hear of when they end. */
  readonly started: number[];
  readonly cancel: number[];
}

export const nothing = (): After => ({ started: [], cancel: [] });

/**
 * Every decision about a run, made inside one write together with what follows from it: the job, the history, the event
 * and the next time. So a crash leaves all of it or nothing, and no time is acted on twice.
 */
export class Firing {
  constructor(
    private readonly db: Db,
    private readonly table: ScheduleTable,
    private readonly runs: RunTable,
    private readonly jobs: JobPort,
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly limits: () => FireLimits,
    private readonly zone: () => string,
  ) {}

  /** Acts on the times of a schedule that have come. Nothing when there are none, so it may be called again. */
  due(id: number): After {
    const after = nothing();
    const row = this.table.get(id);
    const now = this.clock.now();
    if (!row || row.next_at === null || row.due_at! > now) return after;
    const timing = timingOf(row);
    const policy = policyOf(row);
    const planned = plan(timing, policy, row.next_at, now, this.zone());
    if (!planned) {
      // Due before its time: another zd reckoned the delay in another way.
      this.table.move(id, row.next_at, row.next_at + policy.delayMs, row.anchor_at);
      return after;
    }
    failpoint('schedule.before_fire');
    if (planned.missed) {
      const { at, count } = planned.missed;
      this.note(row, 'miss', { cause: 'time', scheduled_at: at, fired_at: now, state: 'missed', occurrences: count, reason: 'missed' });
    }
    for (const at of planned.fire) {
      this.begin(row, 'time', at, now, after);
      failpoint('schedule.enqueued');
    }
    const last = planned.fire.at(-1) ?? planned.missed?.at ?? row.last_at;
    const next = planned.next === null ? null : { at: planned.next, due: planned.next + policy.delayMs };
    const ended = timing.kind === 'once' && planned.fire.length + (planned.missed?.count ?? 0) > 0 ? 'fired' : 'expired';
    this.table.acted(id, last, next, ended, now);
    if (!next) this.event(row, 'end', { reason: ended });
    return after;
  }

  /** A run at a caller's wish. Its id. */
  manual(row: ScheduleRow, after: After): number {
    const now = this.clock.now();
    return this.begin(row, 'manual', now, now, after);
  }

  /** Notes which jobs have ended and starts what waited for them. */
  resume(id: number): After {
    const after = nothing();
    const row = this.table.get(id);
    const open = this.settle(id);
    if (!row || open.length === 0) return after;
    const active = open.filter((run) => run.state === 'active');
    const waiting = open.filter((run) => run.state === 'waiting');
    if (active.length > 0 && row.overlap !== 'allow') {
      if (row.overlap === 'replace' && waiting.length > 0) after.cancel.push(...active.map((run) => run.job_id!));
      return after;
    }
    for (const run of waiting) {
      if (this.start(row, run, after) && row.overlap !== 'allow') break;
    }
    return after;
  }

  /** Whether `resume` would change something. */
  needsResume(id: number): boolean {
    const open = this.runs.open(id);
    const waiting = open.some((run) => run.state === 'waiting');
    const active = open.filter((run) => run.state === 'active');
    if (waiting && (active.length === 0 || ['allow', 'replace'].includes(this.table.get(id)?.overlap ?? ''))) return true;
    return active.some((run) => this.jobs.standing(run.job_id!)?.finishedAt !== null);
  }

  /** Gives up what waits. */
  dropWaiting(id: number, reason: string): void {
    for (const run of this.runs.open(id)) if (run.state === 'waiting') this.runs.giveUp(run.id, 'skipped', reason);
  }

  private begin(row: ScheduleRow, cause: RunRow['cause'], at: number, now: number, after: After): number {
    const open = this.settle(row.id);
    const active = open.filter((run) => run.state === 'active');
    const run = { cause, scheduled_at: at, fired_at: now, state: 'waiting', occurrences: 1, reason: null } as const;
    switch (decide(row.overlap, open.length, open.length - active.length)) {
      case 'start': {
        const id = this.insert(row, run);
        this.start(row, this.runs.get(id)!, after);
        return id;
      }
      case 'wait':
        return this.insert(row, run);
      case 'replace':
        this.dropWaiting(row.id, 'replaced by a later run');
        after.cancel.push(...active.map((each) => each.job_id!));
        return this.insert(row, run);
      case 'skip': {
        const reason = active[0] ? `job ${active[0].job_id} of an earlier run has not ended` : 'an earlier run has not ended';
        if (cause === 'manual') throw new ZdError('busy', `Schedule ${row.id}: ${reason}.`, { extra: { job_id: active[0]?.job_id ?? null } });
        return this.note(row, 'skip', { ...run, state: 'skipped', reason });
      }
    }
  }

  /** Enqueues the job of a waiting run. False when the job area refuses it: that is noted, and the schedule goes on. */
  private start(row: ScheduleRow, run: RunRow, after: After): boolean {
    const base = { run_id: run.id, cause: run.cause, scheduled_at_ns: nanos(run.scheduled_at) };
    const job = this.enqueue(row);
    if (job instanceof ZdError) {
      const reason = `${job.code}: ${job.message}`;
      this.runs.giveUp(run.id, 'refused', reason);
      this.table.refused(row.id, reason);
      this.event(row, 'fail', { ...base, code: job.code, reason: job.message });
      return false;
    }
    this.runs.start(run.id, job, this.clock.now());
    this.table.started(row.id, job);
    this.event(row, 'fire', { ...base, job_id: job });
    after.started.push(job);
    return true;
  }

  /** A refusal takes back whatever was stored before it, and nothing else of this write. */
  private enqueue(row: ScheduleRow): number | ZdError {
    this.db.sqlite.run('SAVEPOINT schedule_job');
    try {
      const job = this.jobs.enqueue({
        command: JSON.parse(row.command) as string[],
        cwd: row.cwd,
        env: row.env === null ? {} : (JSON.parse(row.env) as Record<string, string>),
        tags: [...new Set(['scheduled', `schedule:${row.id}`, ...(JSON.parse(row.tags) as string[])])],
        name: row.name,
        group: row.job_group,
        timeoutSecs: row.timeout_secs,
      });
      this.db.sqlite.run('RELEASE schedule_job');
      return job;
    } catch (error) {
      if (!(error instanceof ZdError)) throw error;
      this.db.sqlite.run('ROLLBACK TO schedule_job');
      this.db.sqlite.run('RELEASE schedule_job');
      return error;
    }
  }

  /** Runs that are still open, after those whose job has ended are closed. */
  private settle(schedule: number): RunRow[] {
    return this.runs.open(schedule).filter((run) => {
      if (run.state === 'waiting') return true;
      const standing = this.jobs.standing(run.job_id!) ?? { state: 'removed', exitCode: null, finishedAt: this.clock.now() };
      if (standing.finishedAt === null) return true;
      this.runs.finish(run.id, standing);
      this.event({ id: schedule }, 'complete', { run_id: run.id, job_id: run.job_id, state: standing.state, exit_code: standing.exitCode });
      return false;
    });
  }

  private insert(row: ScheduleRow, run: Omit<Parameters<RunTable['insert']>[0], 'schedule_id' | 'job_id'>): number {
    return this.runs.insert({ ...run, schedule_id: row.id, job_id: null }, this.limits().historyRuns);
  }

  /** A run that did not come to a job. */
  private note(row: ScheduleRow, topic: 'miss' | 'skip', run: Parameters<Firing['insert']>[1]): number {
    const id = this.insert(row, run);
    this.event(row, topic, { run_id: id, scheduled_at_ns: nanos(run.scheduled_at), occurrences: run.occurrences, reason: run.reason });
    return id;
  }

  private event({ id }: Pick<ScheduleRow, 'id'>, topic: string, data: Readonly<Record<string, unknown>>): void {
    this.events.append({ kind: 'schedule', scope: `schedule:${id}`, topic, source: 'scheduler', data: { schedule_id: id, ...data } });
  }
}
