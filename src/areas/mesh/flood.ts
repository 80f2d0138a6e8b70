const WINDOW_MS = 50;
/** Messages of one window that make a flood: two thousand a second. */
const MANY = 100;

/** Tells whether messages are accepted faster than they can be handed over. */
export class Flood {
  private began = 0;
  private current = 0;
  private before = 0;

  count(): void {
    this.turn();
    this.current++;
  }

  isOn(): boolean {
    this.turn();
    return this.current >= MANY || this.before >= MANY;
  }

  private turn(): void {
    const passed = performance.now() - this.began;
    if (passed < WINDOW_MS) return;
    this.before = passed < 2 * WINDOW_MS ? this.current : 0;
    this.current = 0;
    this.began = performance.now();
  }
}
