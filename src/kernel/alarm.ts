import type { Clock } from './clock';

/** The longest a timer can be set for (2^31 − 1 ms); a later time is reached in several. */
const LONGEST_MS = 2_147_483_647;

/** One timer for the earliest of many times on the monotonic clock. It may ring early, never twice for one request, and never late on purpose. */
export class Alarm {
  private timer: Timer | undefined;
  private due = Infinity;

  constructor(
    private readonly clock: Clock,
    private readonly ring: () => void,
  ) {}

  /** Rings at this time at the latest. */
  by(time: number): void {
    if (time >= this.due) return;
    this.due = time;
    clearTimeout(this.timer);
    // Rounded up: a timer that fires a fraction early would find nothing due yet.
    const ms = Math.min(LONGEST_MS, Math.max(0, Math.ceil(time - this.clock.monotonic())));
    this.timer = setTimeout(this.fire, ms).unref();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.due = Infinity;
  }

  private readonly fire = (): void => {
    this.due = Infinity;
    this.ring();
  };
}
