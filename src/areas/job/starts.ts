import type { Db } from '../../storage/db';
import type { JobRow } from './row';
import type { Run } from './run';
import type { Settlement } from './settle';

/** How long a start waits to be noted. A short job is over before, and then its start is stored together with its end. */
const NOTE_MS = 5;

/** Notes who runs the jobs that were started, many in one write. After a crash before that the wrapper's own file tells it. */
export class Starts {
  private readonly fresh = new Map<Run, JobRow>();
  private timer: Timer | undefined;

  constructor(
    private readonly db: Db,
    private readonly settlement: Settlement,
    private readonly failed: (error: unknown) => void,
  ) {}

  add(run: Run, row: JobRow): void {
    this.fresh.set(run, row);
    // A terminal's job has no wrapper, and so no file.
    if (run.pty) this.note();
    else this.timer ??= setTimeout(this.note, NOTE_MS);
  }

  /** What is still to be noted of a run; from now on by the caller. */
  take(run: Run | null): JobRow | null {
    const row = run && this.fresh.get(run);
    if (!run || !row) return null;
    this.fresh.delete(run);
    return row;
  }

  /** Notes all of them; a write that is asked for afterwards finds it done. */
  readonly note = (): void => {
    clearTimeout(this.timer);
    this.timer = undefined;
    const starts = [...this.fresh];
    if (starts.length === 0) return;
    this.fresh.clear();
    this.db.write(() => starts.forEach(([run, row]) => this.settlement.begun(row, run.identity)), 'normal').catch(this.failed);
  };
}
