import type { Db } from '../../storage/db';
import type { Totals } from './table';

export interface NsSums {
  readonly bytes: number;
  readonly entries: number;
}

const NOTHING: Totals = { bytes: 0, entries: 0, hits: 0, misses: 0, evictions: 0, expired: 0 };

/** The totals as a reader may see them: entries that expired but are not purged yet do not count. */
export class CacheStatistics {
  private readonly oneStmt;
  private readonly allStmt;
  private readonly dueOneStmt;
  private readonly dueStmt;

  constructor(db: Db) {
    this.oneStmt = db.prepare<Totals>('SELECT bytes, entries, hits, misses, evictions, expired FROM ns_total WHERE ns = ?');
    this.allStmt = db.prepare<
      Totals & { namespaces: number }
    >(`SELECT ifnull(sum(bytes), 0) AS bytes, ifnull(sum(entries), 0) AS entries, ifnull(sum(hits), 0) AS hits,
      ifnull(sum(misses), 0) AS misses, ifnull(sum(evictions), 0) AS evictions, ifnull(sum(expired), 0) AS expired, count(*) FILTER (WHERE entries > 0) AS namespaces FROM ns_total`);
    this.dueOneStmt = db.prepare<NsSums>(
      'SELECT ifnull(sum(bytes), 0) AS bytes, count(*) AS entries FROM entry INDEXED BY entry_expires WHERE expires_at <= ? AND ns = ?',
    );
    this.dueStmt = db.prepare<
      NsSums & { emptied: number }
    >(`SELECT ifnull(sum(e.bytes), 0) AS bytes, ifnull(sum(e.entries), 0) AS entries, count(*) FILTER (WHERE t.entries = e.entries) AS emptied
      FROM (SELECT ns, sum(bytes) AS bytes, count(*) AS entries FROM entry INDEXED BY entry_expires WHERE expires_at <= ? GROUP BY ns) AS e JOIN ns_total AS t USING (ns)`);
  }

  of(ns: string, now: number): Totals {
    const totals = this.oneStmt.get(ns) ?? NOTHING;
    const due = this.dueOneStmt.get(now, ns)!;
    return { ...totals, bytes: totals.bytes - due.bytes, entries: totals.entries - due.entries, expired: totals.expired + due.entries };
  }

  all(now: number): Totals & { readonly namespaces: number } {
    const totals = this.allStmt.get()!;
    const due = this.dueStmt.get(now)!;
    return {
      ...totals,
      bytes: totals.bytes - due.bytes,
      entries: totals.entries - due.entries,
      expired: totals.expired + due.entries,
      namespaces: totals.namespaces - due.emptied,
    };
  }
}
