import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import { ReadCounters } from './counters';
import { Eviction, type Quota } from './eviction';
import { prepareFile } from './file';
import { checkNames, decodeCursor, encodeCursor, isExpired, keyAfter, laterKey, missing, prefixEnd } from './model';
import { CacheStatistics } from './statistics';
import { Sweep } from './sweep';
import { CacheTable, type Entry, type Totals } from './table';
import { Changes, CacheWriter, type IncrResult, type PutRequest, type PutResult } from './writer';

export interface CacheLimits extends Quota {
  readonly maxValueBytes: number;
  readonly maxKeyBytes: number;
}

declare module '../../kernel/context' {
  interface Services {
    readonly cache: CacheStore;
  }
}

/** Entries removed in one transaction by a prefix; a larger range is several. */
const REMOVE_AT_ONCE = 1000;

export interface Page {
  readonly keys: string[];
  readonly truncated: boolean;
  readonly nextCursor: string | null;
}

/**
 * The key-value store. Reads are synchronous and write nothing; what they tell (hits, uses) is kept in memory until the
 * sweep. Writes resolve when committed. An expired entry is absent to every caller, whether purged or not.
 */
export class CacheStore {
  readonly table: CacheTable;
  readonly counters = new ReadCounters();
  readonly eviction: Eviction;
  readonly writer: CacheWriter;
  private readonly statistics: CacheStatistics;
  readonly sweeper: Sweep;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    log: Logger,
    readonly limits: () => CacheLimits,
  ) {
    prepareFile(db);
    this.table = new CacheTable(db);
    db.onRollback(() => this.table.heads.clear());
    this.writer = new CacheWriter(this.table, clock);
    this.eviction = new Eviction(this.table, clock);
    this.statistics = new CacheStatistics(db);
    this.sweeper = new Sweep(this, clock, log);
  }

  /** Counters still in memory are queued, and committed at the latest when the database closes. */
  stop(): void {
    this.sweeper.stop();
  }

  /** One round of the background work; resolves when nothing is left that was due. */
  sweep(): Promise<void> {
    return this.sweeper.run();
  }

  /** The live entry, or null; counts as a use and as a hit or a miss. */
  get(ns: string, key: string): Entry | null {
    const entry = this.peek(ns, key);
    this.noteRead(ns, entry?.id ?? null);
    return entry;
  }

  /** The live entry, or null, without a trace. */
  peek(ns: string, key: string): Entry | null {
    const entry = this.table.read(ns, key);
    return entry && !isExpired(entry.expires_at, this.clock.now()) ? entry : null;
  }

  /** Counts a read of the committed entry `id`, or a miss; without `counts` it is a use only. */
  noteRead(ns: string, id: number | null, counts = true): void {
    if (id !== null) this.eviction.used(id);
    if (!counts) return;
    if (id === null) this.counters.miss(ns);
    else this.counters.hit(ns);
  }

  async put(request: PutRequest): Promise<PutResult> {
    this.checkPut(request);
    return unwrap(await this.write((changes) => this.writer.put(request, changes)));
  }

  async del(ns: string, key: string, ifVersion?: number): Promise<boolean> {
    checkNames(ns, key);
    return unwrap(await this.write((changes) => this.writer.del(ns, key, ifVersion, changes)));
  }

  async incr(ns: string, key: string, by: number, ttlSecs?: number): Promise<IncrResult> {
    this.checkKey(ns, key);
    return unwrap(await this.write((changes) => this.writer.incr(ns, key, by, ttlSecs, changes)));
  }

  async touch(ns: string, key: string, ttlSecs: number | null): Promise<{ version: number; expiresAt: number | null }> {
    checkNames(ns, key);
    const touched = unwrap(await this.write(() => this.writer.touch(ns, key, ttlSecs)));
    this.eviction.used(touched.id);
    return touched;
  }

  /**
   * Removes every entry that starts with `prefix` and was there when the call began; resolves with how many live ones went.
   * Up to 1000 entries go in one transaction; more go in several, so that other calls get their turn.
   */
  async delPrefix(ns: string, prefix: string): Promise<number> {
    checkNames(ns, prefix, '', 'prefix');
    const end = prefixEnd(prefix);
    let from: string | null = prefix;
    let newest: number | undefined;
    let count = 0;
    while (from !== null) {
      const start: string = from;
      const known = newest;
      const step = await this.write((changes) => {
        const now = this.clock.now();
        const begun = known ?? this.table.lastTick;
        const rows = this.table.range(ns, start, end, REMOVE_AT_ONCE);
        let live = 0;
        for (const row of rows) {
          if (row.version > begun) continue;
          const expired = isExpired(row.expires_at, now);
          this.writer.drop(ns, row, expired, changes);
          if (!expired) live++;
        }
        return { live, begun, next: rows.length < REMOVE_AT_ONCE ? null : keyAfter(rows.at(-1)!.key) };
      });
      count += step.live;
      newest = step.begun;
      from = step.next;
    }
    return count;
  }

  /** Keys in bytewise order. Does not count as a use. */
  list(ns: string, prefix: string, limit: number, cursor?: string): Page {
    checkNames(ns, prefix, '', 'prefix');
    const end = prefixEnd(prefix);
    const now = this.clock.now();
    let from = cursor === undefined ? prefix : laterKey(prefix, keyAfter(decodeCursor(cursor)));
    const keys: string[] = [];
    for (;;) {
      const wanted = limit + 1 - keys.length;
      const rows = this.table.range(ns, from, end, wanted);
      for (const row of rows) if (!isExpired(row.expires_at, now)) keys.push(row.key);
      if (keys.length > limit) return { keys: keys.slice(0, limit), truncated: true, nextCursor: encodeCursor(keys[limit - 1]!) };
      if (rows.length < wanted) return { keys, truncated: false, nextCursor: null };
      from = keyAfter(rows.at(-1)!.key);
    }
  }

  stats(ns?: string): Totals & { readonly namespaces?: number } {
    const now = this.clock.now();
    const totals = ns === undefined ? this.statistics.all(now) : this.statistics.of(ns, now);
    const reads = this.counters.unwritten(ns);
    return { ...totals, hits: totals.hits + reads.hits, misses: totals.misses + reads.misses };
  }

  /**
   * One transaction: runs `work`, then brings the totals up to date and evicts where a quota is passed. `work` follows the
   * rules of `Db.write`: it may run twice and must leave memory alone.
   */
  write<T>(work: (changes: Changes) => T): Promise<T> {
    return this.db.write(() => this.unit(work));
  }

  private unit<T>(work: (changes: Changes) => T): T {
    const changes = new Changes();
    const value = work(changes);
    for (const [ns, delta] of changes.byNs) {
      if (delta.bytes === 0 && delta.entries === 0 && delta.expired === 0) continue;
      const totals = this.table.add(ns, delta);
      if (delta.bytes > 0 || delta.entries > 0) this.eviction.settle(ns, totals, this.limits(), changes.writes);
    }
    this.table.reserveTicks();
    return value;
  }

  /** Refuses a put that can never fit, before any of it happens. `path` points at it in the arguments. */
  checkPut(request: PutRequest, path = ''): void {
    this.checkKey(request.ns, request.key, path);
    const { maxValueBytes, maxNsBytes } = this.limits();
    const { bytes } = request.value;
    if (bytes > maxValueBytes) tooLarge(`The value has ${bytes} bytes`, 'cache.max_value_bytes', maxValueBytes, `${path}/value`);
    if (bytes > maxNsBytes) {
      const detail = { path: `${path}/value`, extra: { limit: maxNsBytes } };
      throw new ZdError(
        'quota_exceeded',
        `The value has ${bytes} bytes, more than a whole namespace may hold (cache.max_ns_bytes = ${maxNsBytes}).`,
        detail,
      );
    }
  }

  checkKey(ns: string, key: string, path = ''): void {
    checkNames(ns, key, path);
    const { maxKeyBytes } = this.limits();
    if (key.length * 3 <= maxKeyBytes) return;
    const bytes = Buffer.byteLength(key);
    if (bytes > maxKeyBytes) tooLarge(`The key has ${bytes} bytes`, 'cache.max_key_bytes', maxKeyBytes, `${path}/key`);
  }

  /** The live entry or `no_such_file`. */
  require(ns: string, key: string): Entry {
    checkNames(ns, key);
    const entry = this.get(ns, key);
    if (!entry) throw missing(ns, key);
    return entry;
  }
}

function tooLarge(what: string, limit: string, is: number, path: string): never {
  throw new ZdError('too_large', `${what}, the limit is ${is} (${limit}).`, { path, extra: { limit: is } });
}

function unwrap<T>(value: T | ZdError): T {
  if (value instanceof ZdError) throw value;
  return value;
}
