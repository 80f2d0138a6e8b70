const WINDOW_MS = 50;

/** How fast an outbox is drained meanwhile: so many messages, and the rest behind them. */
export interface Pace {
  readonly batch: number;
  readonly restMs: number;
}

/**
 * By messages accepted in one window, the most first. A drain that takes all it can get slows down the accepting so much that no flood would be
 * seen, so it begins to hold back at five hundred a second, while it still keeps up.
 */
const PACES: readonly (Pace & { readonly from: number })[] = [
  { from: 80, batch: 8, restMs: 16 },
  { from: 25, batch: 16, restMs: 12 },
];

/** Tells how fast messages are accepted: in a flood that goes first, and what is handed over is bounded. */
export class Flood {
  private began = 0;
  private current = 0;
  private before = 0;

  count(): void {
    this.turn();
    this.current++;
  }

  /** Null: as fast as it goes. */
  pace(): Pace | null {
    this.turn();
    const most = Math.max(this.current, this.before);
    return PACES.find(({ from }) => most >= from) ?? null;
  }

  private turn(): void {
    const passed = performance.now() - this.began;
    if (passed < WINDOW_MS) return;
    this.before = passed < 2 * WINDOW_MS ? this.current : 0;
    this.current = 0;
    this.began = performance.now();
  }
}
