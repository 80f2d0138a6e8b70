import type { Db } from '../../storage/db';
import type { ScheduleRow } from './service';

/** What a caller decides; the rest is the daemon's bookkeeping. */
const CHOSEN = [
  'name',
  'notes',
  'cron_expr',
  'every_ms',
  'anchor_at',
  'fire_at',
  'timezone',
  'command',
  'cwd',
  'env',
  'tags',
  'job_group',
  'timeout_secs',
  'catch_up',
  'catch_up_limit',
  'overlap',
  'jitter_ms',
  'expires_at',
] as const;
const STATE = ['enabled', 'next_at', 'due_at', 'ended', 'ended_at'] as const;
const COLUMNS = [...CHOSEN, ...STATE] as const;

export type Chosen = Pick<ScheduleRow, (typeof CHOSEN)[number]>;
export type Stored = Pick<ScheduleRow, (typeof COLUMNS)[number]>;

/** The SQL of the table `schedule`. What changes it is called inside a write only. */
export class ScheduleTable {
  private readonly getStmt;
  private readonly listStmt;
  private readonly enabledStmt;
  private readonly countStmt;
  private readonly insertStmt;
  private readonly updateStmt;
  private readonly removeStmt;
  private readonly dueStmt;
  private readonly earliestStmt;
  private readonly scheduledStmt;
  private readonly moveStmt;
  private readonly actedStmt;
  private readonly startedStmt;
  private readonly refusedStmt;
  private readonly endedStmt;
  private readonly purgeStmt;

  constructor(db: Db) {
    this.getStmt = db.prepare<ScheduleRow>('SELECT * FROM schedule WHERE id = ?');
    this.listStmt = db.prepare<ScheduleRow>('SELECT * FROM schedule ORDER BY id');
    this.enabledStmt = db.prepare<ScheduleRow>('SELECT * FROM schedule WHERE enabled = 1 ORDER BY id');
    this.countStmt = db.prepare<{ count: number }>('SELECT count(*) AS count FROM schedule');
    this.insertStmt = db.prepare<{ id: number }>(
      `INSERT INTO schedule (${COLUMNS.join(', ')}, failures, created_at)
       VALUES (${COLUMNS.map((column) => `$${column}`).join(', ')}, 0, $created_at) RETURNING id`,
    );
    this.updateStmt = db.prepare(`UPDATE schedule SET ${COLUMNS.map((column) => `${column} = $${column}`).join(', ')} WHERE id = $id`);
    this.removeStmt = db.prepare<{ id: number }>('DELETE FROM schedule WHERE id = ? RETURNING id');
    this.dueStmt = db.prepare<{ id: number }>('SELECT id FROM schedule WHERE due_at <= ? ORDER BY due_at, id LIMIT ?');
    this.earliestStmt = db.prepare<{ id: number; due_at: number }>(
      'SELECT id, due_at FROM schedule WHERE due_at IS NOT NULL ORDER BY due_at, id LIMIT ?',
    );
    this.scheduledStmt = db.prepare<ScheduleRow>('SELECT * FROM schedule WHERE due_at > ? AND fire_at IS NULL ORDER BY id');
    this.moveStmt = db.prepare('UPDATE schedule SET next_at = ?, due_at = ?, anchor_at = ? WHERE id = ?');
    this.actedStmt = db.prepare('UPDATE schedule SET last_at = ?, next_at = ?, due_at = ?, enabled = ?, ended = ?, ended_at = ? WHERE id = ?');
    this.startedStmt = db.prepare('UPDATE schedule SET last_job_id = ?, failures = 0, last_error = NULL WHERE id = ?');
    this.refusedStmt = db.prepare('UPDATE schedule SET failures = failures + 1, last_error = ? WHERE id = ?');
    this.endedStmt = db.prepare('SELECT 1 FROM schedule WHERE enabled = 0 AND ended_at <= ? LIMIT 1');
    this.purgeStmt = db.prepare('DELETE FROM schedule WHERE enabled = 0 AND ended_at <= ?');
  }

  get(id: number): ScheduleRow | null {
    return this.getStmt.get(id);
  }

  list(enabledOnly: boolean): ScheduleRow[] {
    return (enabledOnly ? this.enabledStmt : this.listStmt).all();
  }

  count(): number {
    return this.countStmt.get()!.count;
  }

  insert(row: Stored, createdAt: number): number {
    return this.insertStmt.get({ ...pick(row), created_at: createdAt })!.id;
  }

  update(id: number, row: Stored): void {
    this.updateStmt.run({ ...pick(row), id });
  }

  remove(id: number): boolean {
    return this.removeStmt.get(id) !== null;
  }

  /** Ids of what is due, the longest due first. */
  due(now: number, limit: number): number[] {
    return this.dueStmt.all(now, limit).map((row) => row.id);
  }

  /** When the next one is due, leaving some out. */
  earliest(without: ReadonlyMap<number, unknown>): number | null {
    return this.earliestStmt.all(without.size + 1).find((row) => !without.has(row.id))?.due_at ?? null;
  }

  /** Recurring schedules that are not due at `now`. */
  upcoming(now: number): ScheduleRow[] {
    return this.scheduledStmt.all(now);
  }

  /** Another next time, without acting. */
  move(id: number, next: number, due: number, anchor: number | null): void {
    this.moveStmt.run(next, due, anchor, id);
  }

  /** The time `last` was acted on; without a next one the schedule is over. */
  acted(id: number, last: number | null, next: { at: number; due: number } | null, ended: 'fired' | 'expired', now: number): void {
    this.actedStmt.run(last, next?.at ?? null, next?.due ?? null, next ? 1 : 0, next ? null : ended, next ? null : now, id);
  }

  started(id: number, job: number): void {
    this.startedStmt.run(job, id);
  }

  refused(id: number, error: string): void {
    this.refusedStmt.run(error, id);
  }

  /** Whether `purge` would find one. */
  hasEnded(before: number): boolean {
    return this.endedStmt.get(before) !== null;
  }

  /** Drops schedules that ended by themselves at or before this time. */
  purge(endedBefore: number): void {
    this.purgeStmt.run(endedBefore);
  }
}

const pick = (row: Stored): Record<string, string | number | null> => Object.fromEntries(COLUMNS.map((column) => [column, row[column]]));
