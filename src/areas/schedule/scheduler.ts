import type { Part } from '../../kernel/part';
import { policyOf, timingOf } from './draft';
import { recount, type Policy } from './model';
import type { ScheduleRow } from './service';
import type { ScheduleStore } from './store';

/** The timer never sleeps longer, so a wall clock that jumps is noticed within this time. */
const LONGEST_SLEEP_MS = 30_000;
/** A step of the wall clock against the monotonic one that is more than its slow correction. */
const STEP_MS = 500;
/** Schedules per transaction. */
const CHUNK = 50;
/** Rounds in a row after which the scheduler counts as broken. */
const MANY_FAILURES = 3;
const RETRY_MS = { least: 1000, most: 60_000 };

/** Acts on schedules when they are due. One timer, set to the next due time of all. */
export class Scheduler {
  private timer: Timer | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private readonly stopping = new AbortController();
  /** Rounds that failed in a row. */
  private failures = 0;
  /** Due schedules that could not be acted on, until when (monotonic) they are left alone. */
  private readonly resting = new Map<number, { readonly failures: number; readonly until: number }>();
  private tidyAt = -Infinity;
  /** Wall clock minus monotonic clock when it was last looked at. */
  private offset: number | undefined;
  private zone: string | undefined;

  private begun = false;
  private lastError: unknown;

  /** To be supervised. Starting it again after a failure looks at once; it ends with the daemon, by `stop`. */
  readonly part: Part = {
    name: 'scheduler',
    start: () => (this.begun ? this.wake() : this.begin()),
    stop() {},
    probe: () => {
      if (this.failures >= MANY_FAILURES) throw this.lastError;
      if (this.failures > 0) return `${this.failures} rounds in a row failed`;
      const late = this.running ? null : this.overdue();
      if (late !== null) throw new Error(`a schedule is ${Math.round(late / 1000)} s late and no round is under way`);
      return this.resting.size === 0 ? null : `${this.resting.size} schedules could not be acted on and are tried again`;
    },
  };

  constructor(private readonly store: ScheduleStore) {}

  private begin(): void {
    this.begun = true;
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
    ended().catch((error) => this.failed('the end of a run was not noted', error));
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
      this.failures++;
      this.lastError = error;
      this.failed('a round failed', error);
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
    const counted = this.tryRecount(row, policy, row.next_at, now, system);
    // Without a time left it stays as it is, and ends by its policy when that time comes.
    if (counted && counted.next !== null && counted.next !== row.next_at) table.move(id, counted.next, counted.next + policy.delayMs, counted.anchor);
  }

  /** An expression that an earlier zd took and this one does not keeps its time; it must not keep the others from theirs. */
  private tryRecount(row: ScheduleRow, policy: Policy, next: number, now: number, system: string): ReturnType<typeof recount> | null {
    try {
      return recount(timingOf(row), policy, next, row.last_at, now, system);
    } catch (error) {
      this.failed('the next time is not known', error, row.id);
      return null;
    }
  }

  private async fire(): Promise<void> {
    const { table, firing, parts } = this.store;
    while (!this.stopped) {
      const resting = (id: number) => (this.resting.get(id)?.until ?? 0) > parts.clock.monotonic();
      const ids = table.due(parts.clock.now(), CHUNK + this.resting.size).filter((id) => !resting(id));
      if (ids.length === 0) break;
      await Promise.all(
        ids.map(async (id) => {
          try {
            this.store.carryOut(await parts.db.write(() => firing.due(id), 'full'));
            this.resting.delete(id);
          } catch (error) {
            this.rest(id, error);
          }
        }),
      );
    }
    this.forgetRested();
  }

  /** Those whose rest is over and that are not due any more: removed, disabled or given another time. */
  private forgetRested(): void {
    const now = this.store.parts.clock.monotonic();
    for (const [id, { until }] of this.resting) if (until <= now) this.resting.delete(id);
  }

  /** One that cannot be acted on stays due and is tried again, ever more rarely; it holds up no other. */
  private rest(id: number, error: unknown): void {
    const failures = (this.resting.get(id)?.failures ?? 0) + 1;
    this.resting.set(id, { failures, until: this.store.parts.clock.monotonic() + delayAfter(failures) });
    this.failed('a schedule could not be acted on', error, id);
  }

  /** Jobs may have ended while nobody listened, and cancels may have been lost. */
  private async tidy(): Promise<void> {
    const { clock, db, limits } = this.store.parts;
    if (clock.monotonic() < this.tidyAt) return;
    for (const id of this.store.runs.withOpen()) if (this.store.firing.needsResume(id)) await this.resume(id);
    const before = clock.now() - limits().keepEndedSecs * 1000;
    if (this.store.table.hasEnded(before)) await db.write(() => this.store.table.purge(before));
    this.tidyAt = clock.monotonic() + LONGEST_SLEEP_MS;
  }

  private async resume(schedule: number): Promise<void> {
    const { db } = this.store.parts;
    this.store.carryOut(await db.write(() => this.store.firing.resume(schedule), 'full'));
  }

  private failed(msg: string, error: unknown, schedule?: number): void {
    if (!this.stopped) this.store.parts.log.error(`schedules: ${msg}`, { schedule, error });
  }

  /** Milliseconds by which the earliest schedule has been missed, when that is more than a busy machine explains. */
  private overdue(): number | null {
    const due = this.store.table.earliest(this.resting);
    const late = due === null ? 0 : this.store.parts.clock.now() - due;
    return late > LONGEST_SLEEP_MS ? late : null;
  }

  private arm(): void {
    if (this.stopped) return;
    const { clock } = this.store.parts;
    const due = this.store.table.earliest(this.resting);
    const sleeps = [LONGEST_SLEEP_MS, ...[...this.resting.values()].map(({ until }) => until - clock.monotonic())];
    if (due !== null) sleeps.push(due - clock.now());
    const least = this.failures === 0 ? 0 : delayAfter(this.failures);
    this.timer = setTimeout(() => this.wake(), Math.max(least, Math.min(...sleeps)));
    this.timer.unref();
  }
}

const delayAfter = (failures: number): number => Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (failures - 1));
