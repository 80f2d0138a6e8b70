import type { Clock } from '../../kernel/clock';
import { isExpired } from './model';
import type { CacheTable, Candidate, Totals } from './table';

/** Entries that one write may evict beside those it replaces; what is left over goes with the next sweep. */
const EVICT_AT_ONCE = 2000;
/** Entries looked at for one eviction when the recorded uses are out of date. */
const LOOK_AT = 64;
/** Uses remembered between two sweeps; beyond that the longest-known ones are forgotten. */
const MAX_MARKS = 200_000;

export interface Quota {
  readonly maxNsBytes: number;
  readonly maxNsEntries: number;
}

/**
 * Least recently used, by ticks. The table holds a lower bound of each entry's last use; reads are only noted in memory and
 * reach the table lazily, either by `flush` or when an eviction meets the entry. Exact while at most 64 out-of-date
 * entries stand before the right one, a close approximation otherwise.
 */
export class Eviction {
  private readonly marks = new Map<number, number>();
  /** Namespaces that an eviction left above their quota. A hint for the sweep, right or not. */
  readonly over = new Set<string>();

  constructor(
    private readonly table: CacheTable,
    private readonly clock: Clock,
  ) {}

  /** Notes a use of a committed entry. */
  used(id: number): void {
    this.marks.set(id, this.table.nextTick());
    if (this.marks.size > MAX_MARKS) this.marks.delete(this.marks.keys().next().value!);
  }

  get pending(): number {
    return this.marks.size;
  }

  /** Writes up to `limit` noted uses inside a transaction and says which, so that `written` can forget them once committed. */
  flush(limit: number): [number, number][] {
    const some: [number, number][] = [];
    for (const mark of this.marks) {
      if (some.length >= limit) break;
      this.table.raiseUsed(mark[0], mark[1]);
      some.push(mark);
    }
    return some;
  }

  written(marks: readonly [number, number][]): void {
    for (const [id, tick] of marks) if (this.marks.get(id) === tick) this.marks.delete(id);
  }

  /** Brings a namespace back under its quota inside a transaction; `writes` more than the bound may go. */
  settle(ns: string, totals: Totals, quota: Quota, writes: number): void {
    if (totals.bytes <= quota.maxNsBytes && totals.entries <= quota.maxNsEntries) return;
    const now = this.clock.now();
    let { bytes, entries } = totals;
    let expired = 0;
    let budget = EVICT_AT_ONCE + writes;
    while (bytes > quota.maxNsBytes || entries > quota.maxNsEntries) {
      if (budget-- === 0) {
        this.over.add(ns);
        break;
      }
      const victim = this.pick(ns, now);
      if (!victim) break;
      this.table.remove(victim.id);
      bytes -= victim.bytes;
      entries--;
      if (isExpired(victim.expires_at, now)) expired++;
    }
    const gone = totals.entries - entries;
    this.table.add(ns, { bytes: bytes - totals.bytes, entries: -gone, hits: 0, misses: 0, evictions: gone - expired, expired });
  }

  private pick(ns: string, now: number): Candidate | null {
    let best: Candidate | null = null;
    let bestUse = Infinity;
    for (let looked = 0; looked < LOOK_AT; looked++) {
      const candidate = this.table.oldest(ns);
      if (!candidate) return best;
      const use = Math.max(candidate.version, this.marks.get(candidate.id) ?? 0);
      if (use <= candidate.used || isExpired(candidate.expires_at, now)) return candidate;
      this.table.raiseUsed(candidate.id, use);
      if (use < bestUse) [best, bestUse] = [candidate, use];
    }
    return best;
  }
}
