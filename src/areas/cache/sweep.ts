import type { Clock } from '../../kernel/clock';
import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import { periodic } from '../../kernel/periodic';
import { GONE } from './counters';
import type { CacheStore } from './store';

const INTERVAL_MS = 1000;
/** Rows per transaction: about two milliseconds of the loop. */
const CHUNK = 500;
/** Noted uses written per round; the rest waits, and an eviction sees them in memory anyway. */
const USES_PER_ROUND = 2000;
/** Free pages are given back in these steps once they are a quarter of the file. */
const PAGES_AT_ONCE = 128;

/** The background work of the cache, in chunks with the loop's other work between them. */
export class Sweep {
  /** For the supervisor. */
  readonly part = periodic('cache_sweep', INTERVAL_MS, () => this.run());
  private running: Promise<void> | undefined;
  private readonly emptyStmt;
  private readonly anyEmptyStmt;
  private readonly pagesStmt;

  constructor(
    private readonly store: CacheStore,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {
    const { db } = store.table;
    this.anyEmptyStmt = db.prepare("SELECT 1 FROM ns_total WHERE entries = 0 AND ns <> '' LIMIT 1");
    this.emptyStmt = db.prepare<{ ns: string; hits: number; misses: number; evictions: number; expired: number }>(
      `DELETE FROM ns_total WHERE ns IN (SELECT ns FROM ns_total WHERE entries = 0 AND ns <> '' LIMIT ?) RETURNING ns, hits, misses, evictions, expired`,
    );
    this.pagesStmt = db.prepare<{ free: number; pages: number }>(
      'SELECT freelist_count AS free, page_count AS pages FROM pragma_freelist_count, pragma_page_count',
    );
  }

  /** Queues the read counters: closing the database commits them. */
  stop(): void {
    this.saveCounters().catch((error) => this.log.warn('cache counters not saved', { error }));
  }

  /** At most one round at a time; a second call joins the one that runs. */
  run(): Promise<void> {
    this.running ??= this.round().finally(() => (this.running = undefined));
    return this.running;
  }

  private async round(): Promise<void> {
    failpoint('cache.sweep');
    await this.purge();
    await this.trim();
    await this.saveUses();
    await this.saveCounters();
    await this.dropEmpty();
    await this.shrink();
  }

  private async purge(): Promise<void> {
    const { store } = this;
    const now = this.clock.now();
    while (store.table.due(now, 1).length > 0) {
      await store.write((changes) => {
        for (const row of store.table.due(now, CHUNK)) store.writer.drop(row.ns, row, true, changes);
      });
    }
  }

  private async trim(): Promise<void> {
    const { store } = this;
    for (const ns of store.eviction.over) {
      store.eviction.over.delete(ns);
      await store.write(() => {
        const nothing = { bytes: 0, entries: 0, hits: 0, misses: 0, evictions: 0, expired: 0 };
        store.eviction.settle(ns, store.table.add(ns, nothing), store.limits(), 0);
      });
    }
  }

  private async saveUses(): Promise<void> {
    const { eviction } = this.store;
    for (let left = Math.min(USES_PER_ROUND, eviction.pending); left > 0; left -= CHUNK) {
      eviction.written(await this.store.write(() => eviction.flush(Math.min(left, CHUNK))));
    }
  }

  private async saveCounters(): Promise<void> {
    const { counters, table } = this.store;
    if (counters.pending === 0 || counters.busy) return;
    const reads = counters.take();
    try {
      await this.store.write(() => {
        for (const [ns, { hits, misses }] of reads) table.add(ns, { bytes: 0, entries: 0, hits, misses, evictions: 0, expired: 0 });
      });
      counters.written();
    } catch (error) {
      counters.failed();
      throw error;
    }
  }

  /** A namespace without entries keeps no row, so made-up names cost nothing for long; its counters go to the common row. */
  private async dropEmpty(): Promise<void> {
    const { table } = this.store;
    let found: number;
    do {
      if (!this.anyEmptyStmt.get()) return;
      found = await this.store.write(() => {
        const rows = this.emptyStmt.all(CHUNK);
        for (const row of rows) table.add(GONE, { ...row, bytes: 0, entries: 0 });
        return rows.length;
      });
    } while (found === CHUNK);
  }

  private async shrink(): Promise<void> {
    const { db } = this.store.table;
    for (;;) {
      const { free, pages } = this.pagesStmt.get()!;
      if (free < PAGES_AT_ONCE || free * 4 < pages) return;
      await this.store.write(() => db.sqlite.run(`PRAGMA incremental_vacuum(${PAGES_AT_ONCE})`));
      if (this.pagesStmt.get()!.free >= free) return;
    }
  }
}
