/** The loop is given back after this long at the latest. */
const SLICE_MS = 4;

/** Long work in slices, within a time that the caller gives. The first piece is always done: on a busy machine the time may be over before it began. */
export class Pace {
  private readonly end: number;
  private slice: number;
  private begun = false;

  constructor(
    private readonly now: () => number,
    budgetMs: number,
  ) {
    this.slice = now();
    this.end = this.slice + budgetMs;
  }

  /** Lets other work go first when this one has had its slice; true when the time is used up. */
  async over(): Promise<boolean> {
    const now = this.now();
    if (!this.begun) {
      this.begun = true;
      return false;
    }
    if (now >= this.end) return true;
    if (now - this.slice < SLICE_MS) return false;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.slice = this.now();
    return this.slice >= this.end;
  }
}
