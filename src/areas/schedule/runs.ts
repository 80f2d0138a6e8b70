import type { Db } from '../../storage/db';
import type { JobStanding, RunRow } from './service';

export type NewRun = Pick<RunRow, 'schedule_id' | 'cause' | 'scheduled_at' | 'fired_at' | 'state' | 'occurrences' | 'job_id' | 'reason'>;

/** The SQL of the table `schedule_run`: what ran, runs or waits, and what did not run and why. Changes inside a write only. */
export class RunTable {
  private readonly getStmt;
  private readonly insertStmt;
  private readonly openStmt;
  private readonly everyOpenStmt;
  private readonly activeStmt;
  private readonly ofJobStmt;
  private readonly historyStmt;
  private readonly lastStmt;
  private readonly finishStmt;
  private readonly startStmt;
  private readonly giveUpStmt;
  private readonly pruneStmt;

  constructor(db: Db) {
    this.getStmt = db.prepare<RunRow>('SELECT * FROM schedule_run WHERE id = ?');
    this.insertStmt = db.prepare<{ id: number }>(
      `INSERT INTO schedule_run (schedule_id, cause, scheduled_at, fired_at, state, occurrences, job_id, reason)
       VALUES ($schedule_id, $cause, $scheduled_at, $fired_at, $state, $occurrences, $job_id, $reason) RETURNING id`,
    );
    this.openStmt = db.prepare<RunRow>(`SELECT * FROM schedule_run WHERE schedule_id = ? AND state IN ('waiting', 'active') ORDER BY id`);
    this.everyOpenStmt = db.prepare<{ schedule_id: number }>(
      `SELECT DISTINCT schedule_id FROM schedule_run WHERE state IN ('waiting', 'active') ORDER BY schedule_id`,
    );
    this.activeStmt = db.prepare<{ job_id: number }>(`SELECT job_id FROM schedule_run WHERE state = 'active' AND job_id IS NOT NULL ORDER BY id`);
    this.ofJobStmt = db.prepare<RunRow>(`SELECT * FROM schedule_run WHERE job_id = ? AND state = 'active'`);
    this.historyStmt = db.prepare<RunRow>('SELECT * FROM schedule_run WHERE schedule_id = ? AND id < ? ORDER BY id DESC LIMIT ?');
    this.lastStmt = db.prepare<RunRow>(
      "SELECT * FROM schedule_run WHERE schedule_id = ? AND (job_id IS NOT NULL OR state = 'refused') ORDER BY id DESC LIMIT 1",
    );
    this.finishStmt = db.prepare(`UPDATE schedule_run SET state = 'finished', outcome = ?, exit_code = ?, finished_at = ? WHERE id = ?`);
    this.startStmt = db.prepare(`UPDATE schedule_run SET state = 'active', job_id = ?, fired_at = ? WHERE id = ?`);
    this.giveUpStmt = db.prepare('UPDATE schedule_run SET state = ?, reason = ? WHERE id = ?');
    this.pruneStmt = db.prepare(
      `DELETE FROM schedule_run WHERE schedule_id = $id AND state NOT IN ('waiting', 'active')
       AND id <= (SELECT id FROM schedule_run WHERE schedule_id = $id ORDER BY id DESC LIMIT 1 OFFSET $keep)`,
    );
  }

  get(id: number): RunRow | null {
    return this.getStmt.get(id);
  }

  /** Adds a run and keeps the newest `keep` of its schedule, and all that are open. */
  insert(run: NewRun, keep: number): number {
    const { id } = this.insertStmt.get({ ...run })!;
    this.pruneStmt.run({ id: run.schedule_id, keep });
    return id;
  }

  /** Waiting or active runs of a schedule, the oldest first. */
  open(schedule: number): RunRow[] {
    return this.openStmt.all(schedule);
  }

  /** Schedules with open runs. */
  withOpen(): number[] {
    return this.everyOpenStmt.all().map((row) => row.schedule_id);
  }

  activeJobs(): number[] {
    return this.activeStmt.all().map((row) => row.job_id);
  }

  ofJob(job: number): RunRow | null {
    return this.ofJobStmt.get(job);
  }

  history(schedule: number, limit: number, before: number | null): RunRow[] {
    return this.historyStmt.all(schedule, before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  /** The newest run that got, or should have got, a job. */
  last(schedule: number): RunRow | null {
    return this.lastStmt.get(schedule);
  }

  finish(id: number, { state, exitCode, finishedAt }: JobStanding): void {
    this.finishStmt.run(state, exitCode, finishedAt, id);
  }

  start(id: number, job: number, now: number): void {
    this.startStmt.run(job, now, id);
  }

  giveUp(id: number, state: 'skipped' | 'refused', reason: string): void {
    this.giveUpStmt.run(state, reason, id);
  }
}
