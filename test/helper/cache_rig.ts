import { expect } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { planBatch, runBatch, type BatchItem } from '../../src/areas/cache/batching';
import { encodeValue } from '../../src/areas/cache/model';
import { CacheStore, type CacheLimits } from '../../src/areas/cache/store';
import { ZdError } from '../../src/kernel/error';
import { Db } from '../../src/storage/db';
import { cacheMigrations } from '../../src/storage/migrations';

const folder = mkdtempSync('/tmp/zd-cache-');
// Files that share this helper may share a process, so the folder goes with the process, not with the first file.
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const WIDE: CacheLimits = { maxValueBytes: 1 << 20, maxKeyBytes: 1024, maxNsBytes: 1 << 28, maxNsEntries: 1_000_000 };

/** A store on a file of its own, with a clock the test turns. */
export class Rig {
  time = 1_000_000;
  db: Db;
  store: CacheStore;
  limits: CacheLimits;

  constructor(
    limits: Partial<CacheLimits> = {},
    readonly path = `${folder}/${Bun.randomUUIDv7()}.db`,
  ) {
    this.limits = { ...WIDE, ...limits };
    this.db = new Db(path, { migrations: cacheMigrations, durability: 'normal' });
    this.store = new CacheStore(this.db, { now: () => this.time, monotonic: () => this.time }, quiet, () => this.limits);
  }

  close(): void {
    this.store.stop();
    this.db.close();
  }

  put(ns: string, key: string, value: unknown, rest: { ttlSecs?: number; ifVersion?: number; ifAbsent?: boolean } = {}) {
    return this.store.put({ ns, key, value: encodeValue(value, undefined), ...rest });
  }

  batch(items: BatchItem[], ns = 'n') {
    return runBatch(this.store, planBatch(this.store, ns, items));
  }

  keys(ns = 'n'): string[] {
    return this.store.list(ns, '', 10_000).keys;
  }

  /** The totals are what the entries add up to. */
  consistent(): void {
    const real = this.db.sqlite.query('SELECT ns, sum(bytes) AS bytes, count(*) AS entries FROM entry GROUP BY ns ORDER BY ns').all();
    expect(this.db.sqlite.query('SELECT ns, bytes, entries FROM ns_total WHERE entries <> 0 OR bytes <> 0 ORDER BY ns').all()).toEqual(real);
  }
}

export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'ok',
    (error) => (error instanceof ZdError ? error.code : String(error)),
  );
