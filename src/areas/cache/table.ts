import type { Db } from '../../storage/db';
import { HeadCache } from './heads';
import type { Encoded } from './model';
import { ReadCache } from './reads';

/** What a write needs to know of the entry it meets. */
export interface Head {
  readonly id: number;
  readonly type: number;
  readonly bytes: number;
  readonly version: number;
  readonly created_at: number;
  readonly expires_at: number | null;
}

export interface Entry extends Head {
  readonly updated_at: number;
  readonly value: string | Uint8Array;
}

export interface Candidate extends Head {
  readonly used: number;
}

export interface Totals {
  readonly bytes: number;
  readonly entries: number;
  readonly hits: number;
  readonly misses: number;
  readonly evictions: number;
  readonly expired: number;
}

/** Ticks given out without a write to the table: the price of a restart is at most this many numbers. */
const RESERVE = 1 << 20;

/** The SQL of the cache. Statements live as long as the process. */
export class CacheTable {
  /** To be cleared when a transaction fails. */
  readonly heads = new HeadCache();
  private readonly reads = new ReadCache();
  private readonly findStmt;
  private readonly readStmt;
  private readonly insertStmt;
  private readonly updateStmt;
  private readonly overwriteStmt;
  private readonly removeStmt;
  private readonly expiryStmt;
  private readonly oldestStmt;
  private readonly usedStmt;
  private readonly rangeStmt;
  private readonly openRangeStmt;
  private readonly dueStmt;
  private readonly addStmt;
  private readonly reserveStmt;
  private tick: number;
  private reserved: number;
  private reserving: number;

  constructor(readonly db: Db) {
    this.findStmt = db.prepare<Head>('SELECT id, type, bytes, version, created_at, expires_at FROM entry WHERE ns = ? AND key = ?');
    this.readStmt = db.prepare<Entry>(
      'SELECT id, type, bytes, version, created_at, updated_at, expires_at, value FROM entry WHERE ns = ? AND key = ?',
    );
    this.insertStmt = db.prepare(
      'INSERT INTO entry (ns, key, type, bytes, version, used, created_at, updated_at, expires_at, value) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?6, ?7, ?8)',
    );
    this.updateStmt = db.prepare(
      'UPDATE entry SET type = ?, bytes = ?, version = ?, created_at = ?, updated_at = ?, expires_at = ?, value = ? WHERE id = ?',
    );
    this.overwriteStmt = db.prepare('UPDATE entry SET bytes = ?, version = ?, updated_at = ?, value = ? WHERE id = ?');
    this.removeStmt = db.prepare('DELETE FROM entry WHERE id = ?');
    this.expiryStmt = db.prepare('UPDATE entry SET expires_at = ? WHERE id = ?');
    this.oldestStmt = db.prepare<Candidate>(
      'SELECT id, used, type, bytes, version, created_at, expires_at FROM entry WHERE ns = ? ORDER BY used LIMIT 1',
    );
    this.usedStmt = db.prepare('UPDATE entry SET used = ?1 WHERE id = ?2 AND used < ?1');
    this.rangeStmt = db.prepare<Head & { key: string }>(
      'SELECT id, key, type, bytes, version, created_at, expires_at FROM entry WHERE ns = ? AND key >= ? AND key < ? ORDER BY key LIMIT ?',
    );
    this.openRangeStmt = db.prepare<Head & { key: string }>(
      'SELECT id, key, type, bytes, version, created_at, expires_at FROM entry WHERE ns = ? AND key >= ? ORDER BY key LIMIT ?',
    );
    this.dueStmt = db.prepare<{ id: number; ns: string; bytes: number }>(
      'SELECT id, ns, bytes FROM entry WHERE expires_at <= ? ORDER BY expires_at LIMIT ?',
    );
    this.addStmt = db.prepare<Totals>(`INSERT INTO ns_total AS t (ns, bytes, entries, hits, misses, evictions, expired) VALUES (?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (ns) DO UPDATE SET bytes = t.bytes + excluded.bytes, entries = t.entries + excluded.entries, hits = t.hits + excluded.hits,
        misses = t.misses + excluded.misses, evictions = t.evictions + excluded.evictions, expired = t.expired + excluded.expired
      RETURNING bytes, entries, hits, misses, evictions, expired`);
    this.reserveStmt = db.prepare('UPDATE tick SET reserved = ?');
    const { reserved } = db.sqlite.query('SELECT reserved FROM tick').get() as { reserved: number };
    this.tick = this.reserved = this.reserving = reserved;
    db.onCommit(() => void (this.reserved = this.reserving));
  }

  /** A number no earlier call ever got, across restarts: versions and the order of uses are drawn from it. */
  nextTick(): number {
    return ++this.tick;
  }

  get lastTick(): number {
    return this.tick;
  }

  /**
   * Every transaction calls this last. The new mark counts only once its commit is known, so after a rollback the next
   * transaction writes it again.
   */
  reserveTicks(): void {
    this.reserving = this.reserved;
    if (this.tick <= this.reserved) return;
    this.reserving = this.tick + RESERVE;
    this.reserveStmt.run(this.reserving);
  }

  find(ns: string, key: string): Head | null {
    const known = this.heads.get(ns, key);
    if (known) return known;
    const head = this.findStmt.get(ns, key);
    if (head) this.heads.set(ns, key, head);
    return head;
  }

  read(ns: string, key: string): Entry | null {
    const name = `${ns}\0${key}`;
    const kept = this.reads.get(name);
    if (kept) return kept;
    const entry = this.readStmt.get(ns, key);
    if (entry && !this.db.sqlite.inTransaction) this.reads.keep(name, entry);
    return entry;
  }

  insert(ns: string, key: string, value: Encoded, version: number, now: number, expiresAt: number | null): void {
    const { lastInsertRowid } = this.insertStmt.run(ns, key, value.type, value.bytes, version, now, expiresAt, value.data);
    const { type, bytes } = value;
    this.heads.set(ns, key, { id: Number(lastInsertRowid), type, bytes, version, created_at: now, expires_at: expiresAt });
  }

  update(head: Head, value: Encoded, version: number, createdAt: number, now: number, expiresAt: number | null): void {
    const { id } = head;
    const { type, bytes, data } = value;
    this.reads.forget(id);
    // SQLite writes an index anew for a column that is named, whether its value changes or not.
    if (head.type === type && head.created_at === createdAt && head.expires_at === expiresAt) this.overwriteStmt.run(bytes, version, now, data, id);
    else this.updateStmt.run(type, bytes, version, createdAt, now, expiresAt, data, id);
    this.heads.change(id, { type, bytes, version, created_at: createdAt, expires_at: expiresAt });
  }

  remove(id: number): void {
    this.reads.forget(id);
    this.removeStmt.run(id);
    this.heads.delete(id);
  }

  setExpiry(head: Head, expiresAt: number | null): void {
    this.reads.forget(head.id);
    this.expiryStmt.run(expiresAt, head.id);
    this.heads.change(head.id, { ...head, expires_at: expiresAt });
  }

  /** The entry whose recorded use is the oldest. */
  oldest(ns: string): Candidate | null {
    return this.oldestStmt.get(ns);
  }

  /** Raises the recorded use, never lowers it. */
  raiseUsed(id: number, used: number): void {
    this.usedStmt.run(used, id);
  }

  /** Entries with `key >= from` and, unless null, `key < to`, in bytewise order, expired ones included. */
  range(ns: string, from: string, to: string | null, limit: number): (Head & { key: string })[] {
    return to === null ? this.openRangeStmt.all(ns, from, limit) : this.rangeStmt.all(ns, from, to, limit);
  }

  /** Expired entries, longest ago first. */
  due(now: number, limit: number): { id: number; ns: string; bytes: number }[] {
    return this.dueStmt.all(now, limit);
  }

  /** Adds to the totals of a namespace and gives the new ones. */
  add(ns: string, delta: Totals): Totals {
    return this.addStmt.get(ns, delta.bytes, delta.entries, delta.hits, delta.misses, delta.evictions, delta.expired)!;
  }
}
