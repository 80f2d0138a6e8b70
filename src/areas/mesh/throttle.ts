/** Messages that may wait for the broker's answer at once. */
const WINDOW = 256;
/** After a refusal for speed the window opens no further for so long. */
const CALM_MS = 60_000;

/** How much the drain of one mesh may do now: it rests when the broker asks for it, or while accepting goes first, and comes back to speed slowly. */
export class Throttle {
  /** On the monotonic clock. */
  pausedUntil = 0;
  private window = WINDOW;
  private calmUntil = 0;

  get paused(): boolean {
    return performance.now() < this.pausedUntil;
  }

  /** Nobody asked for less than all. */
  get open(): boolean {
    return !this.paused && this.window === WINDOW;
  }

  /** How many more may be under way. */
  room(underway: number): number {
    return this.window - underway;
  }

  rest(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, performance.now() + ms);
  }

  /** The broker says it was too fast: after the pause one at a time, until that has gone well for a while. */
  slow(ms: number): void {
    this.rest(ms);
    this.calmUntil = performance.now() + CALM_MS;
    this.window = 1;
  }

  /** The broker took one. */
  taken(): void {
    if (performance.now() > this.calmUntil) this.window = Math.min(WINDOW, this.window + 1);
  }
}
