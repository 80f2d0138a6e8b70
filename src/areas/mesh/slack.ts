/** Messages between two looks that make a burst, and so few that it is over. */
const MANY = 500;
const FEW = 20;

/** Gives memory back when a burst of messages is over: what was grown for it would stay for as long as the daemon does. */
export class Slack {
  private before = 0;
  private grown = false;

  constructor(
    /** How many messages went out and came in since the start. */
    private readonly handled: () => number,
    private readonly release: () => void,
  ) {}

  look(): void {
    const handled = this.handled();
    const since = handled - this.before;
    this.before = handled;
    if (since > MANY) this.grown = true;
    if (!this.grown || since > FEW) return;
    this.grown = false;
    this.release();
  }
}
