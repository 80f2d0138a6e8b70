/** Refused messages of one member that have a place of their own to come back to. */
const MAX_PLACES = 4096;

interface Bucket {
  /** When the bucket would be full again, on the monotonic clock: all that a token bucket needs to know (GCRA, ITU-T I.371). */
  fullAt: number;
  /** Id of a refused message → when it may come. Its retries take nothing more. */
  readonly places: Map<string, number>;
}

/**
 * How much each member may send. A message that is refused is given a time at which it will be taken, and that time is its own: trying
 * again before costs nothing, trying again after is free.
 */
export class Limiter {
  private readonly buckets = new Map<string, Bucket>();
  private readonly interval: number;

  constructor(
    ratePerSecond: number,
    private readonly burst: number,
  ) {
    this.interval = 1000 / ratePerSecond;
  }

  /** 0: it may be sent now. Otherwise the milliseconds until it may. `id` null: a message that cannot be recognised. */
  take(member: string, id: string | null, now: number): number {
    let bucket = this.buckets.get(member);
    if (!bucket) this.buckets.set(member, (bucket = { fullAt: now, places: new Map() }));
    const place = id === null ? undefined : bucket.places.get(id);
    if (place !== undefined) {
      if (place > now) return Math.ceil(place - now);
      bucket.places.delete(id!);
      return 0;
    }
    const fullAt = Math.max(bucket.fullAt, now) + this.interval;
    const wait = fullAt - this.burst * this.interval - now;
    if (wait <= 0) {
      bucket.fullAt = fullAt;
      return 0;
    }
    if (id !== null && bucket.places.size < MAX_PLACES) {
      bucket.fullAt = fullAt;
      bucket.places.set(id, now + wait);
    }
    return Math.ceil(wait);
  }

  /** Forgets members who have been quiet, and places nobody came back to. */
  sweep(now: number, unusedMs: number): void {
    for (const [member, bucket] of this.buckets) {
      for (const [id, at] of bucket.places) if (at + unusedMs < now) bucket.places.delete(id);
      if (bucket.places.size === 0 && bucket.fullAt < now) this.buckets.delete(member);
    }
  }
}
