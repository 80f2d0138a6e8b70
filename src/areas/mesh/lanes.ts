import type { Clock } from '../../kernel/clock';

/** Until when each recipient is waited for (wall clock, as the rows have it): nothing may overtake what waits for the same one. */
export class Lanes {
  private readonly held = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  load(rows: readonly { readonly target_spec: string; readonly until: number }[]): void {
    for (const { target_spec, until } of rows) this.held.set(target_spec, until);
  }

  /** Before when nothing for a recipient may be sent; 0 when it can be at once. */
  until(targetSpec: string): number {
    const until = this.held.get(targetSpec);
    if (until === undefined || until > this.clock.now()) return until ?? 0;
    this.held.delete(targetSpec);
    return 0;
  }

  /** Several that were under way to one recipient wait for the same moment, so their order stays. `fresh`: nobody waited for it before. */
  hold(targetSpec: string, at: number): { readonly until: number; readonly fresh: boolean } {
    const held = this.until(targetSpec);
    if (held > 0) return { until: held, fresh: false };
    this.held.set(targetSpec, at);
    return { until: at, fresh: true };
  }

  /** What is held for longer than any rule says is not. */
  forget(beyond: number): void {
    for (const [targetSpec, until] of this.held) if (until > beyond) this.held.delete(targetSpec);
  }

  letGo(targetSpec: string): void {
    this.held.delete(targetSpec);
  }
}
