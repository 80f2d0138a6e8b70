/** Where entries without a time begin (2000-01-01): before everything that has one, and the same at every import of the same file. */
const BEGIN_MS = 946_684_800_000;

/** Times for entries that have none: right behind the entry before them, or a second apart from the beginning of the file. */
export class SyntheticTime {
  private last: number | null = null;
  private index = 0;

  /** The time of an entry, in milliseconds; `given` null when the file does not tell it. */
  next(given: number | null): number {
    if (given !== null) return (this.last = given);
    if (this.last !== null) return ++this.last;
    return BEGIN_MS + 1000 * this.index++;
  }
}

/** Seconds as a history file has them; null when they can be no time of an entry. */
export function secondsOf(text: string): number | null {
  const seconds = Number(text);
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < 8_000_000_000 ? seconds * 1000 : null;
}
