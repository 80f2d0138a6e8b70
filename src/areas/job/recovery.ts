import type { Logger } from '../../kernel/log';
import { boot, isAlive, type ProcessIdentity } from '../../kernel/process';
import type { Db } from '../../storage/db';
import type { Control } from './control';
import { GRACE_MS, HUNG_UP, isWaiting } from './control';
import type { GroupTable } from './group_table';
import type { End, Outcome } from './model';
import type { JobFolders } from './output';
import type { JobRow } from './row';
import { Run } from './run';
import { Session } from './session';
import type { Supervisor } from './supervisor';
import type { JobTable } from './table';
import { findWrapper, readStatus, takeStart, type Taker } from './wrapper';

/** How often the processes of an earlier zd are looked at: they are not our children. */
const LOOK_MS = 50;
/** A wrapper that is writing its pid is done by then. */
const WRITE_TRIES = 100;
const WRITE_PAUSE_MS = 10;

/** Takes up what an earlier zd started, and finds out how it ended. What nobody can know is `interrupted`. */
export class Recovery {
  private readonly adopted = new Set<Run>();
  private timer: Timer | undefined;

  constructor(
    private readonly db: Db,
    private readonly table: JobTable,
    private readonly groups: GroupTable,
    private readonly folders: JobFolders,
    private readonly supervisor: Supervisor,
    private readonly control: Control,
    private readonly log: Logger,
  ) {}

  /** Once, before anything is started: until then no place of a group is free. */
  async start(): Promise<void> {
    for (const id of this.groups.started()) {
      const row = this.table.get(id);
      if (row && !isWaiting(row)) await this.recover(row);
    }
    if (this.adopted.size > 0) this.log.info('jobs taken up', { count: this.adopted.size });
    this.timer = setInterval(this.look, LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async recover(row: JobRow): Promise<void> {
    const folder = this.folders.path(row.job_id);
    const sameBoot = row.boot === boot();
    if (row.pty === 1) return this.endTerminal(row);
    const status = readStatus(folder, row.launch);
    if (status) return this.settle(row, status);
    let identity: ProcessIdentity | null = row.pid === null || row.pid_start === null ? null : { pid: row.pid, start: row.pid_start };
    if (identity === null) {
      const taken = await this.take(folder, row.launch);
      // After a crash of the machine the missing file says nothing: it may not have reached the disk.
      if (taken === 'none') return sameBoot ? this.putBack(row) : this.settle(row, UNSEEN);
      identity = taken && findWrapper(taken);
    }
    if (identity !== null && isAlive(identity)) return this.adopt(row, identity);
    await this.settle(row, readStatus(folder, row.launch) ?? { ...UNSEEN, ordered: sameBoot && row.stop !== null });
  }

  private async take(folder: string, launch: number): Promise<Taker | null | 'none'> {
    for (let tries = 0; ; tries++) {
      const taken = takeStart(folder, launch);
      if (taken !== null || tries === WRITE_TRIES) return taken;
      await Bun.sleep(WRITE_PAUSE_MS);
    }
  }

  private adopt(row: JobRow, identity: ProcessIdentity): void {
    const run = new Run(row, identity, this.folders, this.folders.sizes(row.job_id));
    this.adopted.add(run);
    this.supervisor.adopt(run, row);
    // It was being ended when the earlier zd went.
    if (row.stop === 'cancelled' || row.stop === 'timed_out') void this.control.terminate(run, GRACE_MS);
  }

  /** Nothing ran, so it may start as if nothing had been. */
  private async putBack(row: JobRow): Promise<void> {
    const { stop } = row;
    if (stop !== null) return this.settle(row, { state: stop, exitCode: null, signal: null, error: null });
    await this.db.write(() => this.table.requeue(row.job_id, 0, row.not_before));
  }

  /** zd held the other side of its terminal, and nobody can take that up. */
  private async endTerminal(row: JobRow): Promise<void> {
    if (row.pid !== null && row.pid_start) {
      const session = new Session({ pid: row.pid, start: row.pid_start }, this.folders.path(row.job_id));
      if (session.members().length > 0) session.signal('KILL');
    }
    await this.settle(row, HUNG_UP);
  }

  private settle(row: JobRow, end: End | Outcome): Promise<void> {
    return this.supervisor.settleOld(row, end);
  }

  private readonly look = (): void => {
    for (const run of this.adopted) {
      const end = run.observe(() => this.table.get(run.id)?.stop !== null);
      if (!end) continue;
      this.adopted.delete(run);
      void this.supervisor.ended(run, end);
    }
  };
}

const UNSEEN = { kind: 'unknown', message: 'it ended while no zd was there to see how', ordered: false } as const;
