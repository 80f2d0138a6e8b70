import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { encodeValue } from '../../src/areas/cache/model';
import { ZdError } from '../../src/kernel/error';
import { codeOf, Rig } from '../helper/cache_rig';

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
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('put' as const),
      key,
      value: fc.oneof(fc.integer({ min: -5, max: 5 }), fc.string({ maxLength: 6 })),
      ttl,
      cas: fc.constantFrom('no', 'right', 'wrong', 'absent'),
    }),
  },
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
      const rest =
        it.cas === 'no'
          ? {}
          : it.cas === 'absent'
            ? { ifAbsent: true }
            : { ifVersion: it.cas === 'right' && before ? before.version : this.newest + 1000 };
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
      for (let cursor: string | undefined; ;) {
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
      expect([entry.value, entry.type, entry.version, entry.expires_at]).toEqual([
        typeof kept.value === 'string' ? kept.value : JSON.stringify(kept.value),
        typeof kept.value === 'string' ? 0 : 1,
        kept.version,
        kept.expires,
      ]);
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
