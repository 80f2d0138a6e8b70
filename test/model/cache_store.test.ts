import { afterAll, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { planBatch, runBatch, type BatchItem } from '../../src/areas/cache/batching';
import { encodeValue } from '../../src/areas/cache/model';
import { CacheStore, type CacheLimits } from '../../src/areas/cache/store';
import { ZdError } from '../../src/kernel/error';
import { Db } from '../../src/storage/db';
import { cacheMigrations } from '../../src/storage/migrations';

const folder = mkdtempSync('/tmp/zd-cache-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const WIDE: CacheLimits = { maxValueBytes: 1 << 20, maxKeyBytes: 1024, maxNsBytes: 1 << 28, maxNsEntries: 1_000_000 };

class Rig {
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

const codeOf = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'ok', (error) => (error instanceof ZdError ? error.code : String(error)));

interface Kept {
  value: unknown;
  version: number;
  expires: number | null;
  use: number;
}

const KEYS = ['a', 'A', 'ab', 'a%', 'b', '\ud7ff', '\ue000', '\u{10ffff}', '\u{10ffff}z'];
const key = fc.constantFrom(...KEYS);
const ttl = fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined });
const bytewise = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const command = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('put' as const), key, value: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.string({ maxLength: 6 })), ttl, cas: fc.constantFrom('no', 'right', 'wrong', 'absent') }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('get' as const), key }) },
  fc.record({ do: fc.constant('del' as const), key }),
  fc.record({ do: fc.constant('incr' as const), key, by: fc.integer({ min: -3, max: 3 }), ttl }),
  fc.record({ do: fc.constant('touch' as const), key, ttl }),
  fc.record({ do: fc.constant('delPrefix' as const), prefix: fc.constantFrom('', 'a', 'A', 'a%', '\u{10ffff}') }),
  fc.record({ do: fc.constant('list' as const), prefix: fc.constantFrom('', 'a', '\u{10ffff}', 'zz'), limit: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(1, 999, 1000, 2500) }),
  fc.record({ do: fc.constant('sweep' as const) }),
  fc.record({ do: fc.constant('stats' as const) }),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** The store beside a plain map. Both must say the same after every command. */
class Twin {
  readonly map = new Map<string, Kept>();
  newest = 0;
  uses = 0;
  hits = 0;
  misses = 0;

  constructor(readonly rig: Rig) {}

  live(name: string): Kept | undefined {
    const kept = this.map.get(name);
    return kept && (kept.expires === null || kept.expires > this.rig.time) ? kept : undefined;
  }

  alive(prefix = ''): string[] {
    return [...this.map.keys()].filter((name) => this.live(name) && name.startsWith(prefix)).sort(bytewise);
  }

  wrote(name: string, value: unknown, version: number, expires: number | null): void {
    expect(version).toBeGreaterThan(this.newest);
    this.newest = version;
    this.map.set(name, { value, version, expires, use: ++this.uses });
    const { maxNsEntries } = this.rig.limits;
    while (this.map.size > maxNsEntries) {
      const [oldest] = [...this.map].reduce((a, b) => (a[1].use < b[1].use ? a : b));
      this.map.delete(oldest);
    }
  }

  async step(it: Command): Promise<void> {
    const { rig } = this;
    const end = (secs: number | null | undefined) => (secs == null ? null : rig.time + secs * 1000);
    if (it.do === 'put') {
      const before = this.live(it.key);
      const rest = it.cas === 'no' ? {} : it.cas === 'absent' ? { ifAbsent: true } : { ifVersion: it.cas === 'right' && before ? before.version : this.newest + 1000 };
      const result = await rig.put('n', it.key, it.value, { ttlSecs: it.ttl, ...rest }).catch((error: ZdError) => error);
      if (it.cas === 'absent' && before) expect((result as ZdError).code).toBe('conflict');
      else if (it.cas === 'wrong' || (it.cas === 'right' && !before)) expect((result as ZdError).code).toBe('version_mismatch');
      else if (result instanceof Error) throw result;
      else this.wrote(it.key, it.value, result.version, end(it.ttl));
    } else if (it.do === 'get') {
      const entry = rig.store.get('n', it.key);
      const kept = this.live(it.key);
      expect(entry?.version).toBe(kept?.version);
      if (kept) kept.use = ++this.uses;
      this[kept ? 'hits' : 'misses']++;
    } else if (it.do === 'del') {
      expect(await rig.store.del('n', it.key)).toBe(this.live(it.key) !== undefined);
      this.map.delete(it.key);
    } else if (it.do === 'incr') {
      const before = this.live(it.key);
      const number = before === undefined ? 0 : /^(0|-?[1-9]\d*)$/.test(String(before.value)) ? Number(before.value) : null;
      if (number === null) expect(await codeOf(rig.store.incr('n', it.key, it.by, it.ttl))).toBe('not_a_number');
      else {
        const { value, version, expiresAt } = await rig.store.incr('n', it.key, it.by, it.ttl);
        expect(value).toBe(number + it.by);
        expect(expiresAt).toBe(before ? before.expires : end(it.ttl));
        this.wrote(it.key, typeof before?.value === 'string' ? String(value) : value, version, expiresAt);
      }
    } else if (it.do === 'touch') {
      const kept = this.live(it.key);
      const code = await codeOf(rig.store.touch('n', it.key, it.ttl ?? null));
      expect(code).toBe(kept ? 'ok' : 'no_such_file');
      if (kept) [kept.expires, kept.use] = [end(it.ttl), ++this.uses];
    } else if (it.do === 'delPrefix') {
      const gone = this.alive(it.prefix);
      expect(await rig.store.delPrefix('n', it.prefix)).toBe(gone.length);
      for (const name of [...this.map.keys()]) if (name.startsWith(it.prefix)) this.map.delete(name);
    } else if (it.do === 'list') {
      const found: string[] = [];
      for (let cursor: string | undefined; ; ) {
        const page = rig.store.list('n', it.prefix, it.limit, cursor);
        found.push(...page.keys);
        expect(page.truncated).toBe(page.nextCursor !== null);
        if (!page.truncated) break;
        expect(page.keys.length).toBe(it.limit);
        cursor = page.nextCursor!;
      }
      expect(found).toEqual(this.alive(it.prefix));
    } else if (it.do === 'wait') {
      rig.time += it.ms;
    } else if (it.do === 'sweep') {
      await rig.store.sweep();
      for (const name of [...this.map.keys()]) if (!this.live(name)) this.map.delete(name);
    } else {
      const names = this.alive();
      const { entries, bytes, namespaces } = rig.store.stats();
      expect([entries, namespaces]).toEqual([names.length, names.length > 0 ? 1 : 0]);
      expect(bytes).toBe(names.reduce((sum, name) => sum + encodeValue(this.map.get(name)!.value, undefined).bytes, 0));
      const one = rig.store.stats('n');
      expect([one.entries, one.bytes]).toEqual([entries, bytes]);
      const all = rig.store.stats();
      expect([all.hits, all.misses]).toEqual([this.hits, this.misses]);
    }
  }

  check(): void {
    expect(this.rig.keys()).toEqual(this.alive());
    for (const name of this.alive()) {
      const kept = this.map.get(name)!;
      const entry = this.rig.store.peek('n', name)!;
      expect([entry.value, entry.type, entry.version, entry.expires_at]).toEqual([typeof kept.value === 'string' ? kept.value : JSON.stringify(kept.value), typeof kept.value === 'string' ? 0 : 1, kept.version, kept.expires]);
    }
    this.rig.consistent();
  }
}

test('the store is a map with lifetimes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 40 }), async (commands) => {
      const twin = new Twin(new Rig());
      for (const it of commands) {
        await twin.step(it);
        twin.check();
      }
      twin.rig.close();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('a full namespace loses what was used longest ago', async () => {
  const untimed = command.filter((it) => it.do !== 'wait').map((it) => ('ttl' in it ? { ...it, ttl: undefined } : it) as Command);
  await fc.assert(
    fc.asyncProperty(fc.array(untimed, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (commands, maxNsEntries) => {
      const twin = new Twin(new Rig({ maxNsEntries }));
      for (const it of commands) {
        await twin.step(it);
        twin.check();
      }
      twin.rig.close();
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('versions never come back, across deletes and restarts', async () => {
  const rig = new Rig();
  const seen = [(await rig.put('n', 'k', 1)).version];
  await rig.store.del('n', 'k');
  seen.push((await rig.put('n', 'k', 1)).version);
  await rig.store.del('n', 'k');
  rig.close();
  const again = new Rig({}, rig.path);
  seen.push((await again.put('n', 'k', 1)).version, (await again.store.incr('n', 'k', 1)).version);
  expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  expect(new Set(seen).size).toBe(4);
});

test('a byte quota makes room inside the same write', async () => {
  const rig = new Rig({ maxNsBytes: 100 });
  for (const name of ['a', 'b', 'c']) await rig.put('n', name, 'x'.repeat(30));
  await rig.put('other', 'o', 'x'.repeat(90));
  rig.store.get('n', 'a');
  await rig.put('n', 'd', 'x'.repeat(60));
  expect(rig.keys()).toEqual(['a', 'd']);
  expect(rig.store.stats('n')).toMatchObject({ bytes: 90, entries: 2, evictions: 2 });
  expect(rig.keys('other')).toEqual(['o']);
  expect(await codeOf(rig.put('n', 'e', 'x'.repeat(101)))).toBe('quota_exceeded');
  rig.consistent();
});

test('uses noted in memory reach the file and survive a restart', async () => {
  const rig = new Rig();
  for (const name of ['a', 'b', 'c']) await rig.put('n', name, 1);
  rig.store.get('n', 'a');
  await rig.store.sweep();
  rig.close();
  const again = new Rig({ maxNsEntries: 3 }, rig.path);
  await again.put('n', 'd', 1);
  expect(again.keys()).toEqual(['a', 'c', 'd']);
  expect(again.store.stats('n').hits).toBe(1);
});

test('lowering a quota trims in steps that end', async () => {
  const rig = new Rig();
  await rig.batch(Array.from({ length: 9000 }, (_, n) => ({ op: 'put', key: `k${n}`, value: n })));
  rig.limits = { ...rig.limits, maxNsEntries: 10 };
  await rig.put('n', 'last', 1);
  await rig.store.sweep();
  expect(rig.keys()).toHaveLength(10);
  expect(rig.keys()).toContain('last');
  rig.consistent();
});

test('a neighbour that fails in the same transaction changes nothing for the others', async () => {
  const rig = new Rig({ maxNsEntries: 3 });
  const outcomes = await Promise.all([
    codeOf(rig.put('n', 'a', 1)),
    codeOf(rig.db.write(() => { throw new Error('not mine'); })),
    codeOf(rig.put('n', 'b', 1, { ifVersion: 7 })),
    codeOf(rig.store.incr('n', 'c', 5)),
    codeOf(rig.put('n', 'd', 1)),
    codeOf(rig.put('n', 'e', 1)),
  ]);
  expect(outcomes).toEqual(['ok', 'Error: not mine', 'version_mismatch', 'ok', 'ok', 'ok']);
  expect(rig.keys()).toEqual(['c', 'd', 'e']);
  rig.consistent();
  const { version } = await rig.put('n', 'f', 1);
  rig.close();
  const again = new Rig({}, rig.path);
  expect((await again.put('n', 'f', 1)).version).toBeGreaterThan(version);
});

test('a full disk refuses the write, keeps the totals right and passes', async () => {
  const rig = new Rig();
  await rig.put('n', 'a', 1);
  const { page_count: pages } = rig.db.sqlite.query('PRAGMA page_count').get() as { page_count: number };
  rig.db.sqlite.run(`PRAGMA max_page_count = ${pages + 2}`);
  const outcomes = await Promise.all([codeOf(rig.put('n', 'big', 'x'.repeat(100_000))), codeOf(rig.put('n', 'small', 1))]);
  expect(outcomes).toEqual(['storage_full', 'ok']);
  rig.consistent();
  expect(await codeOf(rig.batch([{ op: 'put', key: 'p', value: 1 }, { op: 'put', key: 'q', value: 'x'.repeat(100_000) }]))).toBe('storage_full');
  expect(rig.keys()).toEqual(['a', 'small']);
  rig.db.sqlite.run('PRAGMA max_page_count = 100000');
  expect(await codeOf(rig.put('n', 'big', 'x'.repeat(100_000)))).toBe('ok');
  rig.consistent();
});

test('the sweep gives the space of purged entries back', async () => {
  const rig = new Rig();
  for (let round = 0; round < 5; round++) {
    await rig.batch(Array.from({ length: 1000 }, (_, n) => ({ op: 'put', key: `${round}:${n}`, value: 'x'.repeat(1000), ttl_secs: 1 })));
  }
  const full = rig.db.size();
  rig.time += 1000;
  await rig.store.sweep();
  expect(rig.db.size()).toBeLessThan(full / 4);
  expect(rig.store.stats()).toMatchObject({ entries: 0, bytes: 0, namespaces: 0, expired: 5000 });
  expect(rig.db.sqlite.query("SELECT ns FROM ns_total").all()).toEqual([{ ns: '' }]);
});

test('a flood of made-up namespaces leaves no rows behind', async () => {
  const rig = new Rig();
  for (let n = 0; n < 10_050; n++) rig.store.get(`ns${n}`, 'k');
  expect(rig.store.stats().misses).toBe(10_050);
  await rig.store.sweep();
  expect(rig.store.stats().misses).toBe(10_050);
  expect(rig.db.sqlite.query("SELECT count(*) AS n FROM ns_total").get()).toEqual({ n: 1 });
});

test('a large prefix goes in several transactions and spares what came later', async () => {
  const rig = new Rig();
  await rig.batch(Array.from({ length: 2500 }, (_, n) => ({ op: 'put', key: `p${String(n).padStart(5, '0')}`, value: n })));
  await rig.put('n', 'q', 1);
  const removal = rig.store.delPrefix('n', 'p');
  const late = rig.put('n', 'p99999', 'late');
  expect(await removal).toBe(2500);
  await late;
  expect(rig.keys()).toEqual(['p99999', 'q']);
  rig.consistent();
});

test('a commit that fails leaves nothing behind, in the file or in memory', async () => {
  const rig = new Rig();
  const run = rig.db.sqlite.run.bind(rig.db.sqlite);
  let failing = 0;
  rig.db.sqlite.run = ((sql: string, ...rest: never[]) => {
    if (sql === 'COMMIT' && failing-- > 0) throw new Error('no commit');
    return run(sql, ...rest);
  }) as typeof rig.db.sqlite.run;
  const { version } = await rig.put('n', 'a', 1);
  for (const count of [1, 2, 3, 4]) {
    failing = count;
    const outcomes = await Promise.all([codeOf(rig.put('n', 'a', 'changed')), codeOf(rig.put('n', 'b', 'new')), codeOf(rig.store.del('n', 'a'))]);
    const lost = outcomes.filter((code) => code !== 'ok').length;
    expect(lost).toBe(count - 1);
    rig.consistent();
    await rig.store.del('n', 'b');
    await rig.put('n', 'a', 1);
    failing = 1;
    expect(await codeOf(rig.store.del('n', 'a'))).toBe('Error: no commit');
    failing = 0;
    expect((await rig.store.touch('n', 'a', null)).version).toBeGreaterThanOrEqual(version);
    failing = 1;
    expect(await codeOf(rig.put('n', 'c', 1))).toBe('Error: no commit');
    failing = 0;
    expect(await rig.store.del('n', 'c')).toBe(false);
    rig.consistent();
  }
});
