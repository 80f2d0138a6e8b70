/** Longer than the system's watcher may keep quiet about a repeated event. */
const AFTER_MS = 5;

/**
 * Names that are looked at a second time, a moment after their event. Bun leaves out an event that equals the one before it
 * within two milliseconds (a file that is renamed and deleted at once is told of once), so the last of a quick series has none.
 */
export class SecondLook {
  private recent = new Map<string, Set<string>>();
  private due = new Map<string, Set<string>>();
  private timer: Timer | undefined;

  constructor(private readonly look: (folder: string, names: ReadonlySet<string>) => void) {}

  add(folder: string, name: string): void {
    const names = this.recent.get(folder);
    if (names) names.add(name);
    else this.recent.set(folder, new Set([name]));
    this.timer ??= setTimeout(this.turn, AFTER_MS);
  }

  /** Two generations: what came right before the timer waits for the next one. */
  private readonly turn = (): void => {
    const due = this.due;
    this.due = this.recent;
    this.recent = new Map();
    this.timer = this.due.size > 0 ? setTimeout(this.turn, AFTER_MS) : undefined;
    for (const [folder, names] of due) this.look(folder, names);
  };

  close(): void {
    clearTimeout(this.timer);
  }
}
