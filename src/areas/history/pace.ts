/** The loop is given back after this long at the latest. */
const SLICE_MS = 4;

/** Long work in slices, within a time that the caller gives. */
export class Pace {
  private readonly end: number;
  private slice: number;

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
    if (now >= this.end) return true;
    if (now - this.slice < SLICE_MS) return false;
    await new Promise<void>((resolve) => setImmediate(resolve));
    this.slice = this.now();
    return this.slice >= this.end;
  }
}
