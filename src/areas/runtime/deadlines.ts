import { Alarm } from '../../kernel/alarm';
import type { Clock } from '../../kernel/clock';
import { failpoint } from '../../kernel/failpoint';
import type { Part } from '../../kernel/part';

/** The wall clock may be set: whatever is due by it is looked for this often, as long as there is something. */
const WALL_CHECK_MS = 60_000;
/** So long behind, the timer does not do its work. */
const OVERDUE_MS = 10_000;

export interface Due {
  /** On the monotonic clock. */
  next(): number;
  /** On the wall clock. */
  nextByWall(): number;
  /** Ends what is due. */
  end(): Promise<void>;
}

/** Ends by itself what has run out: leases that nobody renews, questions that nobody answers. */
export class Deadlines {
  private readonly alarm: Alarm;
  private failed: ((error: unknown) => void) | undefined;
  private running = false;
  private again = false;
  private wasLate = false;

  readonly part: Part = {
    name: 'runtime_deadlines',
    start: (failed) => {
      this.failed = failed;
      this.ring();
    },
    stop: () => {
      this.failed = undefined;
      this.alarm.stop();
    },
    probe: () => {
      const late = Math.max(this.clock.monotonic() - this.due.next(), this.clock.now() - this.due.nextByWall());
      // A clock that was set, or a machine that slept, makes things due at once: the next round is not late for that.
      if (late > OVERDUE_MS && this.wasLate) throw new Error(`something is due since ${Math.round(late / 1000)} s`);
      this.wasLate = late > OVERDUE_MS;
      if (this.wasLate) this.ring();
      return null;
    },
  };

  constructor(
    private readonly clock: Clock,
    private readonly due: Due,
  ) {
    this.alarm = new Alarm(clock, () => this.ring());
  }

  /** Something runs out at this time of the monotonic clock. */
  by(deadline: number): void {
    if (this.failed) this.alarm.by(deadline);
  }

  byWall(at: number): void {
    if (at === Infinity) return;
    this.by(this.clock.monotonic() + Math.min(WALL_CHECK_MS, Math.max(0, at - this.clock.now())));
  }

  private ring(): void {
    this.again = true;
    if (!this.running) void this.round();
  }

  private async round(): Promise<void> {
    this.running = true;
    try {
      while (this.again && this.failed) {
        this.again = false;
        failpoint('runtime.deadlines');
        await this.due.end();
        this.by(this.due.next());
        this.byWall(this.due.nextByWall());
      }
    } catch (error) {
      this.failed?.(error);
    } finally {
      this.running = false;
    }
  }
}
