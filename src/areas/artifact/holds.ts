import type { Clock } from '../../kernel/clock';

/** A download whose file was handed to the server counts as being read this long. Its open file outlives its name, so the bytes are safe beyond it. */
const READING_MS = 5000;

/** Contents that must not be removed now: they are being put, checked or read. */
export class Holds {
  private readonly counts = new Map<string, number>();
  private readonly reading = new Map<string, number>();

  constructor(private readonly clock: Clock) {}

  /** Until the returned function is called, once. */
  take(digest: string): () => void {
    this.counts.set(digest, (this.counts.get(digest) ?? 0) + 1);
    return () => {
      const left = (this.counts.get(digest) ?? 1) - 1;
      if (left > 0) this.counts.set(digest, left);
      else this.counts.delete(digest);
    };
  }

  /** Somebody begins to read it now; when they end is not known. */
  read(digest: string): void {
    this.reading.set(digest, this.clock.monotonic() + READING_MS);
  }

  has(digest: string): boolean {
    return this.counts.has(digest) || (this.reading.get(digest) ?? 0) > this.clock.monotonic();
  }

  /** Forgets reads that are long over. */
  prune(): void {
    const now = this.clock.monotonic();
    for (const [digest, until] of this.reading) if (until <= now) this.reading.delete(digest);
  }
}
