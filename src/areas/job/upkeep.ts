import { readdirSync } from 'node:fs';
import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import type { GroupTable } from './group_table';
import type { Intake } from './intake';
import { isOver, type State } from './model';
import type { JobFolders } from './output';
import type { JobRow } from './row';
import type { Supervisor } from './supervisor';
import type { JobTable } from './table';
import type { JobViews } from './views';

const CAPTURE_MS = 100;
const SWEEP_MS = 30_000;
const SWEEP_JOBS = 500;

export interface Keep {
  readonly count: number;
  readonly secs: number;
}

export interface CleanQuery {
  readonly olderThanMs: number;
  readonly state?: State;
  readonly tag?: string;
  readonly group?: string;
}

/** What is done from time to time: output is told and bounded, old jobs go. */
export class Upkeep {
  private timers: Timer[] = [];
  private rounding = false;

  constructor(
    private readonly db: Db,
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly table: JobTable,
    private readonly views: JobViews,
    private readonly groups: GroupTable,
    private readonly intake: Intake,
    private readonly folders: JobFolders,
    private readonly supervisor: Supervisor,
    private readonly keep: () => Keep,
  ) {}

  start(): void {
    this.removeStrays();
    this.timers = [setInterval(() => void this.round(), CAPTURE_MS).unref(), setInterval(() => void this.sweep(), SWEEP_MS).unref()];
  }

  stop(): void {
    for (const timer of this.timers) clearInterval(timer);
  }

  /** Tells the event log what running jobs wrote, and cuts what is too long. One transaction for all of them. */
  private async round(): Promise<void> {
    if (this.rounding || this.supervisor.active.size === 0) return;
    this.rounding = true;
    try {
      const runs = [...this.supervisor.active.values()];
      const drafts = runs.flatMap((run) => run.capture.news());
      const cuts = runs.flatMap((run) => {
        const wanted = run.capture.surplus();
        return wanted ? [{ run, wanted }] : [];
      });
      if (drafts.length === 0 && cuts.length === 0) return;
      // What a job writes is told after its start.
      this.supervisor.starts.note();
      // Stored before it is done: zeros are never read as if the job had written them.
      await this.db.write(() => {
        for (const draft of drafts) this.events.append(draft);
        for (const { run, wanted } of cuts) this.table.dropped(run.id, wanted);
      }, 'normal');
      for (const { run, wanted } of cuts) {
        const dropped = run.capture.cut(wanted);
        if (dropped.stdout > wanted.stdout || dropped.stderr > wanted.stderr)
          await this.db.write(() => this.table.dropped(run.id, dropped), 'normal');
      }
    } catch (error) {
      if (!this.supervisor.stopped) this.log.warn('jobs: output was not told', { error });
    } finally {
      this.rounding = false;
    }
  }

  async remove(row: JobRow): Promise<void> {
    if (!isOver(row.state)) throw new ZdError('conflict', `Job ${row.job_id} is ${row.state}.`, { hint: 'Cancel it first.' });
    await this.removeAll([row.job_id]);
  }

  /** In pieces, so that a long list holds nobody up. */
  async clean({ olderThanMs, state, tag, group }: CleanQuery): Promise<number[]> {
    const before = this.clock.now() - olderThanMs;
    const removed: number[] = [];
    for (;;) {
      const ids = this.groups.over({ before, state: state ?? null, tag: tag ?? null, group: group ?? null, limit: SWEEP_JOBS });
      if (ids.length === 0) return removed;
      await this.removeAll(ids);
      removed.push(...ids);
    }
  }

  private async removeAll(ids: readonly number[]): Promise<void> {
    await this.db.write(() => {
      for (const id of ids) this.table.remove(id);
    });
    for (const id of ids) this.folders.remove(id);
  }

  private async sweep(): Promise<void> {
    this.views.rest();
    try {
      this.intake.recount();
      const { count, secs } = this.keep();
      await this.clean({ olderThanMs: secs * 1000 });
      const last = this.groups.surplus(count);
      if (last !== null) await this.removeAll(this.groups.overUpTo(last, SWEEP_JOBS));
    } catch (error) {
      if (!this.supervisor.stopped) this.log.warn('jobs: old ones were not removed', { error });
    }
  }

  /** Folders whose job was removed while a zd died. */
  private removeStrays(): void {
    for (const name of readdirSync(this.folders.root)) {
      const id = Number(name);
      if (Number.isInteger(id) && this.table.get(id) === null) this.folders.remove(id);
    }
  }
}
