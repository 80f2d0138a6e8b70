import type { Db } from '../../storage/db';
import type { Inserted } from './intake';
import type { JobRow } from './row';
import type { Submitted } from './service';

/** What follows from the jobs that a write of somebody else stores, once that is committed. */
export class Staging {
  private starting: JobRow[] = [];
  private waiting = false;

  constructor(
    db: Db,
    /** Free places of a group. */
    private readonly free: (group: string) => number,
    /** At most so many start with one commit. */
    private readonly most: number,
    private readonly begin: (row: JobRow) => void,
    private readonly poke: () => void,
  ) {
    db.onCommit(this.committed);
    // `waiting` may stay: to look for work that is not there does no harm.
    db.onRollback(() => {
      this.starting = [];
    });
  }

  /** Only inside a write: stores a job, which starts with the commit when it has a place and nobody is before it. */
  enqueue(group: string, insert: (free: boolean) => Inserted): Submitted {
    const promised = this.starting.filter((row) => row.grp === group).length;
    const { started, ...submitted } = insert(this.starting.length < this.most && this.free(group) > promised);
    if (started) this.starting.push(started);
    else this.waiting = true;
    return submitted;
  }

  private readonly committed = (): void => {
    const rows = this.starting;
    this.starting = [];
    rows.forEach(this.begin);
    if (this.waiting) this.poke();
    this.waiting = false;
  };
}
