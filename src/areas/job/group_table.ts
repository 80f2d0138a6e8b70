import type { Statement } from '../../storage/statement';
import type { Db } from '../../storage/db';
import type { State } from './model';
import type { Group } from './row';

export interface GroupCount {
  readonly grp: string;
  readonly state: State;
  readonly count: number;
}

/** The SQL of groups, and of figures over all jobs. What changes rows is to be called inside a write only. */
export class GroupTable {
  private readonly every: Statement<{ name: string; parallel: number | null; paused: number }>;
  private readonly put: Statement<unknown>;
  private readonly counts: Statement<GroupCount>;
  private readonly liveIds: Statement<{ job_id: number }>;
  private readonly queuedCount: Statement<{ count: number }>;
  private readonly overIds: Statement<{ job_id: number }>;
  private readonly upTo: Statement<{ job_id: number }>;
  private readonly keptFrom: Statement<{ job_id: number }>;

  constructor(db: Db) {
    this.every = db.prepare('SELECT name, parallel, paused FROM job_group ORDER BY name');
    this.put = db.prepare(
      'INSERT INTO job_group VALUES (?1, ?2, ?3) ON CONFLICT (name) DO UPDATE SET parallel = excluded.parallel, paused = excluded.paused',
    );
    this.counts = db.prepare(`SELECT grp, state, count(*) AS count FROM job WHERE state IN ('queued', 'running', 'paused') GROUP BY grp, state`);
    this.liveIds = db.prepare(`SELECT job_id FROM job WHERE state IN ('running', 'paused') ORDER BY job_id`);
    this.queuedCount = db.prepare(`SELECT count(*) AS count FROM job WHERE state = 'queued'`);
    this.overIds = db.prepare(
      `SELECT job_id FROM job WHERE state NOT IN ('queued', 'running', 'paused') AND finished_at <= ?1 AND (?2 IS NULL OR state = ?2)
         AND (?3 IS NULL OR job_id IN (SELECT job_id FROM job_tag WHERE tag = ?3)) AND (?4 IS NULL OR grp = ?4) ORDER BY job_id LIMIT ?5`,
    );
    this.upTo = db.prepare(`SELECT job_id FROM job WHERE state NOT IN ('queued', 'running', 'paused') AND job_id <= ? ORDER BY job_id LIMIT ?`);
    this.keptFrom = db.prepare(`SELECT job_id FROM job WHERE state NOT IN ('queued', 'running', 'paused') ORDER BY job_id DESC LIMIT 1 OFFSET ?`);
  }

  groups(): Group[] {
    return this.every.all().map(({ name, parallel, paused }) => ({ name, parallel, paused: paused === 1 }));
  }

  store({ name, parallel, paused }: Group): void {
    this.put.run(name, parallel, paused ? 1 : 0);
  }

  /** Jobs that are not over, by group and state. */
  live(): GroupCount[] {
    return this.counts.all();
  }

  /** Running and paused jobs, by number. */
  started(): number[] {
    return this.liveIds.all().map((row) => row.job_id);
  }

  queued(): number {
    return this.queuedCount.get()!.count;
  }

  /** Ended jobs that a clean takes, oldest first. */
  over(query: { before: number; state: State | null; tag: string | null; group: string | null; limit: number }): number[] {
    return this.overIds.all(query.before, query.state, query.tag, query.group, query.limit).map((row) => row.job_id);
  }

  /** Ended jobs up to a number, oldest first. */
  overUpTo(last: number, limit: number): number[] {
    return this.upTo.all(last, limit).map((row) => row.job_id);
  }

  /** The newest ended job that is one too many; null when there are not so many. */
  surplus(kept: number): number | null {
    return this.keptFrom.get(kept)?.job_id ?? null;
  }
}
