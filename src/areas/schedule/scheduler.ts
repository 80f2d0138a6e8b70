import { policyOf, timingOf } from './draft';
import { recount } from './model';
import type { ScheduleStore } from './store';

/** The timer never sleeps longer, so a wall clock that jumps is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;
/** A step of the wall clock against the monotonic one that is more than its slow correction. */
const STEP_MS = 500;
/** Schedules per transaction. */
const CHUNK = 50;
const RETRY_MS = { least: 1000, most: 60_000 };

/** Acts on schedules when they are due. One timer, set to the next due time of all. */
export class Scheduler {
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private readonly stopping = new AbortController();
  private failures = 0;
  /** Wall clock minus monotonic clock when it was last looked at. */
  private offset: number | undefined;
  private zone: string | undefined;

  constructor(private readonly store: ScheduleStore) {}

  start(): void {
    this.store.onStarted((job) => this.watch(job));
    for (const job of this.store.runs.activeJobs()) this.watch(job);
    this.store.onChange(() => this.wake());
    this.wake();
  }

  stop(): void {
    this.stopping.abort();
    clearTimeout(this.timer);
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  /** A run ends with its job, and the next may wait for it. */
  private watch(job: number): void {
    const ended = async () => {
      await this.store.parts.jobs.finished(job, this.stopping.signal);
      const run = this.stopped ? null : this.store.runs.ofJob(job);
      if (run) await this.resume(run.schedule_id);
    };
    ended().catch((error) => this.failed(error));
  }

  /** Looks now. At most one round at a time; a call during one makes another follow. */
  wake(): void {
    if (this.running) this.again = true;
    else void this.run();
  }

  /** One round; resolves when it is over. */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => {
      this.running = undefined;
      if (this.again) {
        this.again = false;
        this.wake();
      }
    });
    return this.running;
  }

  private async round(): Promise<void> {
    clearTimeout(this.timer);
    if (this.stopped) return;
    try {
      await this.noticeJump();
      await this.fire();
      await this.tidy();
      this.failures = 0;
    } catch (error) {
      this.failed(error);
    }
    this.arm();
  }

  /** What is due runs by its policy first; the others are counted anew when the clock stepped or the system's zone is another. */
  private async noticeJump(): Promise<void> {
    const { clock, zone } = this.store.parts;
    const offset = clock.now() - clock.monotonic();
    const system = zone();
    const jumped = this.offset === undefined || Math.abs(offset - this.offset) > STEP_MS || system !== this.zone;
    if (jumped) {
      const ids = this.store.table.upcoming(clock.now()).map((row) => row.id);
      for (let at = 0; at < ids.length; at += CHUNK)
        await this.store.parts.db.write(() => ids.slice(at, at + CHUNK).forEach((id) => this.recount(id, system)));
    }
    this.offset = offset;
    this.zone = system;
  }

  private recount(id: number, system: string): void {
    const { table, parts } = this.store;
    const row = table.get(id);
    const now = parts.clock.now();
    if (!row || row.next_at === null || row.due_at! <= now) return;
    const policy = policyOf(row);
    const { next, anchor } = recount(timingOf(row), policy, row.next_at, row.last_at, now, system);
    // Without a time left it stays as it is, and ends by its policy when that time comes.
    if (next !== null && next !== row.next_at) table.move(id, next, next + policy.delayMs, anchor);
  }

  private async fire(): Promise<void> {
    const { table, firing, parts } = this.store;
    let faulty = 0;
    for (;;) {
      // Those that failed stay due and stand first.
      const ids = table.due(parts.clock.now(), CHUNK + faulty).slice(faulty);
      if (ids.length === 0) break;
      const results = await Promise.allSettled(
        ids.map((id) => parts.db.write(() => firing.due(id), 'full').then((after) => this.store.carryOut(after))),
      );
      const failed = results.filter((result) => result.status === 'rejected');
      faulty += failed.length;
      if (failed.length > 0) this.failed(failed[0]!.reason);
      if (this.stopped) return;
    }
    if (faulty > 0) throw new Error(`${faulty} due schedules could not be acted on`);
  }

  /** Jobs may have ended while nobody listened, and cancels may have been lost. */
  private async tidy(): Promise<void> {
    for (const id of this.store.runs.withOpen()) await this.resume(id);
    const { clock, db, limits } = this.store.parts;
    const before = clock.now() - limits().keepEndedSecs * 1000;
    if (this.store.table.hasEnded(before)) await db.write(() => this.store.table.purge(before));
  }

  private async resume(schedule: number): Promise<void> {
    const { db } = this.store.parts;
    this.store.carryOut(await db.write(() => this.store.firing.resume(schedule), 'full'));
  }

  private failed(error: unknown): void {
    if (this.stopped) return;
    this.failures++;
    this.store.parts.log.error('schedules: a round failed', { error });
  }

  private arm(): void {
    if (this.stopped) return;
    const due = this.store.table.earliest();
    const sleep = due === null ? LONGEST_SLEEP_MS : due - this.store.parts.clock.now();
    const least = this.failures === 0 ? 0 : Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (this.failures - 1));
    this.timer = setTimeout(() => this.wake(), Math.max(least, Math.min(sleep, LONGEST_SLEEP_MS)));
    this.timer.unref();
  }
}
