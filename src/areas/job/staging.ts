import type { Db } from '../../storage/db';
import type { Inserted } from './intake';
import type { Places } from './places';
import type { JobRow } from './row';
import type { Submitted } from './service';

/** What follows from the jobs that a write of somebody else stores, once that is stored. */
export class Staging {
  private starting: JobRow[] = [];
  private waiting = false;

  constructor(
    private readonly db: Db,
    private readonly places: Places,
    /** Whether jobs may start at all. */
    private readonly open: () => boolean,
    /** At most so many start with one commit. */
    private readonly most: number,
    /** Starts a job that holds its place. */
    private readonly begin: (row: JobRow) => void,
    private readonly poke: () => void,
  ) {
    db.onCommit(this.committed);
    // `waiting` may stay: to look for work that is not there does no harm.
    db.onRollback(() => {
      this.starting = [];
    });
  }

  /** Only inside a write: stores a job, which starts after it when it has a place and nobody is before it. */
  enqueue(group: string, insert: (free: boolean) => Inserted): Submitted {
    const promised = this.starting.filter((row) => row.grp === group).length;
    const free = this.open() && this.starting.length < this.most && this.places.free(group) > promised;
    const { started, ...submitted } = insert(free);
    if (started) this.starting.push(started);
    else this.waiting = true;
    return submitted;
  }

  private readonly committed = (): void => {
    const rows = this.starting;
    this.starting = [];
    for (const { grp } of rows) this.places.take(grp, 1);
    if (rows.length > 0) void this.start(rows);
    if (this.waiting) this.poke();
    this.waiting = false;
  };

  /** After the commit is on the disk, which is when a later write with nothing in it is: nothing runs that a crash of the machine could take back. */
  private async start(rows: readonly JobRow[]): Promise<void> {
    // With a disk that failed they are stored as started all the same.
    await this.db.write(() => {}, 'full').catch(() => {});
    rows.forEach(this.begin);
  }
}
