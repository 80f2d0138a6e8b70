import type { Caller } from '../../kernel/caller';
import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { Static } from '../../kernel/schema';
import type { EncodedFrames, Frame } from '../../kernel/stream';
import type { Db } from '../../storage/db';
import { Control } from './control';
import { followOutput } from './follow';
import { GroupTable } from './group_table';
import { Intake, type IntakeLimits } from './intake';
import { isOver, type Signal } from './model';
import { JobFolders, type Channel } from './output';
import { Launcher } from './launch';
import { Recovery } from './recovery';
import { draftOf, type Draft, type JobRow } from './row';
import type { GroupFigures, JobRequest, JobService, OutputPart, OutputQuery, Submitted } from './service';
import type { Snapshot } from './schema';
import { Settlement } from './settle';
import { Supervisor } from './supervisor';
import { JobTable, type ListQuery } from './table';
import { JobViews } from './views';
import { Upkeep, type CleanQuery, type Keep } from './upkeep';

export interface JobLimits extends IntakeLimits {
  readonly parallel: number;
  readonly keep: Keep;
}

/** The job service: one supervisor over what is stored. */
export class Jobs implements JobService {
  private readonly table: JobTable;
  private readonly views: JobViews;
  private readonly groupTable: GroupTable;
  readonly folders: JobFolders;
  private readonly intake: Intake;
  private readonly supervisor: Supervisor;
  private readonly control: Control;
  private readonly upkeep: Upkeep;
  private readonly recovery: Recovery;

  constructor(
    private readonly db: Db,
    clock: Clock,
    private readonly log: Logger,
    events: EventService,
    folder: string,
    limits: () => JobLimits,
  ) {
    this.table = new JobTable(db, (id) => this.views.forget(id));
    this.views = new JobViews(this.table, this);
    this.groupTable = new GroupTable(db);
    this.folders = new JobFolders(folder);
    this.intake = new Intake(this.table, this.groupTable, events, clock, limits);
    const settlement = new Settlement(this.table, events, clock);
    this.supervisor = new Supervisor({
      db,
      clock,
      log,
      settlement,
      table: this.table,
      intake: this.intake,
      folders: this.folders,
      launcher: new Launcher(this.folders),
      parallel: () => limits().parallel,
      expire: (run) => this.control.expire(run),
    });
    this.control = new Control(
      db,
      this.table,
      settlement,
      this.supervisor,
      (id) => this.get(id),
      (id) => this.wait(id, undefined),
    );
    const { table, views, groupTable, intake, folders, supervisor, control } = this;
    this.upkeep = new Upkeep(db, events, clock, log, table, views, groupTable, intake, folders, supervisor, () => limits().keep);
    this.recovery = new Recovery(db, table, groupTable, folders, supervisor, control, log);
    // A group that was named for the first time exists now.
    db.onCommit(() => intake.refresh());
  }

  /** Takes up what runs, then begins to start what waits. */
  async start(): Promise<void> {
    await this.recovery.start();
    this.upkeep.start();
    this.supervisor.open();
  }

  /** Ends what waits for jobs. Those with files go on without zd; those on a terminal end with it. */
  async stop(): Promise<void> {
    if (this.supervisor.stopped) return;
    await this.control.hangUp().catch((error: unknown) => this.log.error('jobs: the end of terminals could not be stored', { error }));
    this.supervisor.stop();
    this.upkeep.stop();
    this.recovery.stop();
  }

  async submit(request: JobRequest, caller: Pick<Caller, 'source'>): Promise<Submitted> {
    const draft = this.intake.draft(request, caller.source);
    return this.store(draft);
  }

  private store(draft: Draft): Promise<Submitted> {
    const program = this.intake.check(draft);
    return this.supervisor.store(draft.group, program, (free) => this.intake.insert(draft, free));
  }

  enqueue(request: JobRequest, caller: Pick<Caller, 'source'>): Submitted {
    const draft = this.intake.draft(request, caller.source);
    return this.supervisor.staging.enqueue(draft.group, (free) => this.intake.insert(draft, free));
  }

  get(id: number): JobRow {
    const row = this.table.get(id);
    if (!row) throw new ZdError('no_job', `There is no job ${id}.`);
    return row;
  }

  pidOf(id: number): number | null {
    return this.supervisor.active.get(id)?.identity.pid ?? null;
  }

  list(query: ListQuery, now: number): Static<typeof Snapshot>[] {
    return this.views.list(query, now);
  }

  wait(id: number, timeoutMs: number | undefined, signal?: AbortSignal): Promise<JobRow> {
    const row = this.get(id);
    if (isOver(row.state)) return Promise.resolve(row);
    if (this.supervisor.stopped) return Promise.reject(new ZdError('shutting_down'));
    return new Promise((resolve, reject) => {
      const done = () => {
        clearTimeout(timer);
        takeBack();
        signal?.removeEventListener('abort', done);
        const now = this.table.get(id);
        if (!now) reject(new ZdError('no_job', `There is no job ${id}.`));
        else if (this.supervisor.stopped && !isOver(now.state)) reject(new ZdError('shutting_down'));
        else resolve(now);
      };
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs);
      const takeBack = this.supervisor.waiters.add(id, done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }

  private dropped(row: JobRow): Readonly<Record<Channel, number>> {
    return this.supervisor.active.get(row.job_id)?.capture.dropped ?? { stdout: row.stdout_dropped, stderr: row.stderr_dropped };
  }

  output(id: number, { channel, offset, limit, lines }: OutputQuery): OutputPart {
    const dropped = Math.max(this.dropped(this.get(id))[channel], this.get(id)[`${channel}_dropped`]);
    const total = this.folders.size(id, channel);
    const wanted = lines === undefined ? (offset ?? 0) : this.folders.lastLines(id, channel, lines, Math.max(dropped, total - limit));
    const from = Math.min(Math.max(wanted, dropped), total);
    const bytes = this.folders.read(id, channel, from, limit);
    return { bytes, offset: from, next: from + bytes.length, total, dropped };
  }

  follow(
    id: number,
    from: Readonly<Record<Channel, number | 'end'>>,
    channels: readonly Channel[],
    signal: AbortSignal,
  ): AsyncGenerator<Frame | EncodedFrames> {
    this.get(id);
    const { supervisor, folders } = this;
    if (supervisor.stopped) throw new ZdError('shutting_down');
    return followOutput(
      {
        folders,
        get: () => this.get(id),
        dropped: () => this.dropped(this.get(id)),
        onOver: (call) => supervisor.waiters.add(id, call),
        stopping: () => supervisor.stopped,
      },
      from,
      channels,
      signal,
    );
  }

  kill(id: number, signal: Signal): Promise<boolean> {
    return this.control.kill(id, signal);
  }

  cancel(id: number, graceMs: number): Promise<JobRow> {
    return this.control.cancel(id, graceMs);
  }

  pause(id: number): Promise<JobRow> {
    return this.control.pause(id);
  }

  resume(id: number): Promise<JobRow> {
    return this.control.resume(id);
  }

  async restart(id: number, graceMs: number, caller: Pick<Caller, 'source'>): Promise<Submitted> {
    const row = await this.control.cancel(id, graceMs);
    return this.store({ ...draftOf(row), source: caller.source });
  }

  input(id: number, bytes: Uint8Array): number {
    return this.control.input(id, bytes);
  }

  resize(id: number, rows: number, cols: number): Promise<void> {
    return this.control.resize(id, rows, cols);
  }

  async remove(id: number): Promise<void> {
    return this.upkeep.remove(this.get(id));
  }

  clean(query: CleanQuery): Promise<number[]> {
    return this.upkeep.clean(query);
  }

  async setGroup(name: string, change: { parallel?: number | null; paused?: boolean }): Promise<GroupFigures> {
    await this.db.write(() => {
      const before = this.groupTable.groups().find((group) => group.name === name) ?? { name, parallel: null, paused: false };
      this.groupTable.store({ ...before, ...change });
    });
    this.intake.reload();
    this.supervisor.poke();
    return this.groups().find((group) => group.name === name)!;
  }

  groups(): GroupFigures[] {
    const counts = this.groupTable.live();
    return [...this.intake.groups.values()].map((group) => ({
      ...group,
      slots: this.supervisor.places.limitOf(group.name),
      queued: counts.find(({ grp, state }) => grp === group.name && state === 'queued')?.count ?? 0,
      running: this.supervisor.places.held(group.name),
    }));
  }
}
