import type { Clock } from '../../kernel/clock';
import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import { boot } from '../../kernel/process';
import { SyncFault, type Db } from '../../storage/db';
import type { Inserted, Intake } from './intake';
import { LaunchFault, type Launched, type Launcher } from './launch';
import type { End, Outcome } from './model';
import type { JobFolders } from './output';
import { RETRY_MS, writeUntilStored } from './persist';
import { Places } from './places';
import type { JobRow } from './row';
import { Run } from './run';
import type { Member } from './session';
import type { Settlement } from './settle';
import type { Submitted } from './service';
import { Staging } from './staging';
import { Starts } from './starts';
import type { JobTable } from './table';
import { Waiters } from './waiters';

/** Starts per turn of the event loop, so that a full queue does not hold it. */
const STARTS_AT_ONCE = 16;
const LONGEST_SLEEP_MS = 60_000;
const NOTHING = { stdout: 0, stderr: 0 } as const;

export interface Parts {
  readonly db: Db;
  readonly clock: Clock;
  readonly log: Logger;
  readonly table: JobTable;
  readonly intake: Intake;
  readonly folders: JobFolders;
  readonly launcher: Launcher;
  readonly settlement: Settlement;
  /** Jobs of a group at once, where the group does not say. */
  readonly parallel: () => number;
  /** Ends a job whose time is over. */
  readonly expire: (run: Run) => void;
}

/** What runs now, and what starts next. */
export class Supervisor {
  readonly active = new Map<number, Run>();
  readonly places: Places;
  readonly staging: Staging;
  readonly waiters = new Waiters();
  readonly starts: Starts;
  /** True until what an earlier zd started is taken up: before that nobody knows which places are free. */
  private closed = true;
  private asked = false;
  private alarm: Timer | undefined;
  stopped = false;
  /** For jobs that were told to end between the decision to start them and their process. */
  readonly early = new Map<number, (run: Run) => void>();
  private readonly mayStart = (): boolean => !this.closed && !this.stopped;

  constructor(private readonly parts: Parts) {
    const failed = (error: unknown) => !this.stopped && parts.log.error('jobs: a start could not be noted', { error });
    this.starts = new Starts(parts.db, parts.settlement, failed);
    this.places = new Places(parts.intake, parts.parallel);
    this.staging = new Staging(parts.db, this.places, this.mayStart, STARTS_AT_ONCE, (row) => this.begin(row), this.poke);
  }

  /** Starts what may start, in this turn of the event loop. */
  readonly poke = (): void => {
    if (this.asked || this.closed || this.stopped) return;
    this.asked = true;
    queueMicrotask(() => {
      this.asked = false;
      if (!this.stopped) void this.startReady();
    });
  };

  open(): void {
    this.closed = false;
    this.poke();
  }

  private async startReady(): Promise<void> {
    const { db, table, intake, clock, log } = this.parts;
    const now = clock.now();
    const chosen: number[] = [];
    for (const name of intake.groups.keys()) {
      const free = Math.min(this.places.free(name), STARTS_AT_ONCE - chosen.length);
      if (free <= 0) continue;
      const ids = table.ready(name, now, free);
      chosen.push(...ids);
      this.places.take(name, ids.length);
    }
    this.sleepUntil(table.nextTime(), now);
    if (chosen.length === 0) return;
    const groups = chosen.map((id) => table.get(id)!.grp);
    let claimed: (JobRow | null)[] = [];
    const begin = () => claimed.forEach((row, at) => (row ? this.begin(row) : this.giveBack(groups[at]!)));
    try {
      failpoint('job.before_claim');
      await db.write(() => (claimed = chosen.map((id) => table.claim(id, boot(), clock.now()))), 'full');
      failpoint('job.after_claim');
      begin();
      if (chosen.length === STARTS_AT_ONCE) setImmediate(this.poke);
    } catch (error) {
      if (!this.stopped) log.error('jobs: cannot start', { error });
      // They are claimed, and nobody else would start them.
      if (error instanceof SyncFault) return begin();
      for (const group of groups) this.places.take(group, -1);
      if (this.stopped) return;
      setTimeout(this.poke, RETRY_MS).unref();
    }
  }

  /**
   * Stores a job. When its group has a place, `insert` may store it as one that starts now, which it has done when this resolves.
   * `program` is what its command was found to be. It starts beside the sync, which nobody has been told of yet; one with an idempotency
   * key after it, because a crash of the machine that takes back the key must not let it run twice.
   */
  async store(group: string, program: string | null, insert: (free: boolean) => Inserted): Promise<Submitted> {
    const free = this.mayStart() && this.places.free(group) > 0;
    if (free) this.places.take(group, 1);
    // What is to be done once it is stored, or is not.
    let next = (): void => void (free && this.giveBack(group));
    const committed = ({ started }: Inserted) => {
      failpoint('job.after_commit');
      if (started) next = () => this.begin(started, program);
      if (started?.idempotency_key !== null) return;
      next();
      next = () => {};
    };
    // Stored as one that has started it must have a process, also when the disk does not take that and its caller is told so.
    const { started: _, ...submitted } = await this.parts.db.write(() => insert(free), 'full', committed).finally(() => next());
    return submitted;
  }

  /** Another job may have looked for this place while it was taken. Whoever waits for an answer of this turn gets it first. */
  private giveBack(group: string): void {
    this.places.take(group, -1);
    setImmediate(this.poke);
  }

  private sleepUntil(at: number | null, now: number): void {
    clearTimeout(this.alarm);
    // Never long: the wall clock may jump.
    if (at !== null) this.alarm = setTimeout(this.poke, Math.min(Math.max(1, at - now), LONGEST_SLEEP_MS)).unref();
  }

  /** Spawns a claimed job; it holds a place already. */
  private begin(row: JobRow, program: string | null = null): void {
    const { folders, launcher } = this.parts;
    if (this.stopped) return;
    const early: Uint8Array[] = [];
    let write = (bytes: Uint8Array): void => void early.push(bytes.slice());
    let started: Launched;
    const told = row.launch === 1 ? NOTHING : folders.sizes(row.job_id);
    failpoint('job.before_spawn');
    try {
      started = launcher.launch(row, program, (bytes) => write(bytes));
    } catch (error) {
      const message = error instanceof LaunchFault ? error.message : String(error);
      return void this.finish(row.job_id, row.launch, row.grp, { kind: 'failed', message }, [], null);
    }
    failpoint('job.after_spawn');
    const run = new Run(row, started.identity, folders, told);
    run.terminal = started.terminal;
    write = (bytes) => run.write(bytes);
    early.forEach(write);
    this.watch(run, row);
    this.starts.add(run, row);
    this.early.get(run.id)?.(run);
    void started.end.then((end) => this.ended(run, end));
  }

  /** Takes up a process that an earlier zd started. */
  adopt(run: Run, row: JobRow): void {
    this.places.take(row.grp, 1);
    this.watch(run, row);
    if (row.pid === null) this.starts.add(run, row);
  }

  private watch(run: Run, row: JobRow): void {
    this.active.set(run.id, run);
    if (row.timeout_ms === null) return;
    const left = (row.started_at ?? 0) + row.timeout_ms - this.parts.clock.now();
    run.limit(Math.min(row.timeout_ms, left), () => this.parts.expire(run));
  }

  /** A process is gone: what it left is counted, then its end is stored. */
  async ended(run: Run, end: End): Promise<void> {
    if (this.stopped || this.active.get(run.id) !== run) return;
    const leftovers = await this.attempt(run, () => run.stopping ?? (run.session.mayHaveLeftovers() ? run.session.members() : []));
    await this.finish(run.id, run.launch, run.group, end, leftovers ?? [], run);
  }

  /** What is not known about an end must not keep the end from being stored. */
  private async attempt<T>(run: Run | null, look: (run: Run) => T | Promise<T>): Promise<T | null> {
    try {
      return run && (await look(run));
    } catch (error) {
      this.parts.log.warn('jobs: could not look at what a job left', { id: run?.id, error });
      return null;
    }
  }

  /** Stores an end, again and again until the disk takes it; then frees the place and tells whoever waits. */
  async finish(id: number, number: number, group: string, end: End | Outcome, leftovers: readonly Member[], run: Run | null): Promise<void> {
    const { db, settlement, folders, log, table, launcher } = this.parts;
    const written = await this.attempt(run, (each) => each.capture.last());
    const { news, surplus } = written ?? { news: [], surplus: null };
    const fresh = this.starts.take(run);
    failpoint('job.before_finish');
    const over = await writeUntilStored(
      db,
      () => {
        if (run && fresh) settlement.begun(fresh, run.identity);
        if (surplus) table.dropped(id, surplus);
        return settlement.settle({ id, launch: number, end, leftovers, sizes: written?.sizes ?? folders.sizes(id), news });
      },
      () => this.stopped,
      (error) => log.error('jobs: an end could not be stored; trying again', { id, error }),
    );
    if (!over) return;
    failpoint('job.after_finish');
    if (surplus) await this.attempt(run, (each) => each.capture.cut(surplus));
    this.free(id, group, run);
    this.waiters.wake(over);
    launcher.refill();
  }

  /** The end of what an earlier zd started; it holds no place. */
  async settleOld(row: JobRow, end: End | Outcome): Promise<void> {
    this.places.take(row.grp, 1);
    await this.finish(row.job_id, row.launch, row.grp, end, [], null);
  }

  private free(id: number, group: string, run: Run | null): void {
    this.early.delete(id);
    if (run) this.active.delete(id);
    run?.close();
    this.giveBack(group);
  }

  /** From here on nothing starts and no end is stored: the next zd does both. */
  stop(): void {
    this.starts.note();
    this.stopped = true;
    clearTimeout(this.alarm);
    this.parts.launcher.close();
    this.waiters.wakeAll();
  }
}
