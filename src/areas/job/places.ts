import type { Intake } from './intake';

/** Which groups have room for another job. A place is held by a job that is claimed, runs or is paused. */
export class Places {
  private readonly used = new Map<string, number>();

  constructor(
    private readonly intake: Intake,
    /** Jobs of a group at once, where the group does not say. */
    private readonly parallel: () => number,
  ) {}

  held(group: string): number {
    return this.used.get(group) ?? 0;
  }

  limitOf(group: string): number {
    return this.intake.groups.get(group)?.parallel ?? this.parallel();
  }

  /** None in a paused group, and never less than none. */
  free(group: string): number {
    return this.intake.groups.get(group)?.paused ? 0 : Math.max(0, this.limitOf(group) - this.held(group));
  }

  /** Negative: gives places back. */
  take(group: string, count: number): void {
    this.used.set(group, this.held(group) + count);
  }
}
