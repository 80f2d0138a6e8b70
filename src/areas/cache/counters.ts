interface Counts {
  hits: number;
  misses: number;
}

/** Namespaces counted apart between two flushes; a flood of made-up names lands in the row of the gone ones. */
const MAX_NAMESPACES = 10_000;
/** The row of `ns_total` for reads of namespaces that have no row of their own. */
export const GONE = '';

/** Hits and misses since the last flush, per namespace: a read must not write to the database. */
export class ReadCounters {
  private counts = new Map<string, Counts>();
  private flushing: ReadonlyMap<string, Counts> = new Map();

  hit(ns: string): void {
    this.of(ns).hits++;
  }

  miss(ns: string): void {
    this.of(ns).misses++;
  }

  get pending(): number {
    return this.counts.size;
  }

  /** Between `take` and what must follow it. */
  get busy(): boolean {
    return this.flushing.size > 0;
  }

  /** What the table does not have yet, for one namespace or for all. */
  unwritten(ns?: string): Counts {
    const sum = { hits: 0, misses: 0 };
    for (const map of [this.counts, this.flushing]) {
      for (const counts of ns === undefined ? map.values() : [map.get(ns) ?? { hits: 0, misses: 0 }]) {
        sum.hits += counts.hits;
        sum.misses += counts.misses;
      }
    }
    return sum;
  }

  /** Hands out what is to be written; exactly one `written` or `failed` must follow. */
  take(): ReadonlyMap<string, Counts> {
    this.flushing = this.counts;
    this.counts = new Map();
    return this.flushing;
  }

  written(): void {
    this.flushing = new Map();
  }

  failed(): void {
    for (const [ns, counts] of this.flushing) {
      const sum = this.of(ns);
      sum.hits += counts.hits;
      sum.misses += counts.misses;
    }
    this.flushing = new Map();
  }

  private of(ns: string): Counts {
    let counts = this.counts.get(ns);
    if (!counts) {
      const name = this.counts.size < MAX_NAMESPACES ? ns : GONE;
      counts = this.counts.get(name);
      if (!counts) this.counts.set(name, (counts = { hits: 0, misses: 0 }));
    }
    return counts;
  }
}
