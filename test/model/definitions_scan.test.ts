import { afterAll, describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Definitions } from '../../src/areas/definitions/definitions';
import { CATALOG_KINDS, numberOf, placeOf, type Kind } from '../../src/areas/definitions/kinds';
import type { DefinitionFilter, DefinitionRecord, Place } from '../../src/areas/definitions/service';
import { systemClock } from '../../src/kernel/clock';
import type { EventRecord } from '../../src/kernel/context';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';

const folder = mkdtempSync('/tmp/zd-defs-');
const db = new Db(join(folder, 'zd.db'), { migrations: zdMigrations, durability: 'normal' });
afterAll(() => {
  db.close();
  rmSync(folder, { recursive: true });
});
const told: unknown[] = [];
const events = {
  append: (draft: { data: unknown }) => {
    told.push(draft.data);
    return {} as EventRecord;
  },
};
const limits = () => ({ maxRecords: 100_000, maxShells: 100, maxValueBytes: 1 << 20 });
const definitions = new Definitions(db, systemClock, events, limits, async function* () {});

const replace = (records: readonly DefinitionRecord[], options: { shells: string[] | null; reason: string }) =>
  definitions.stage(records, (staged) => db.write(() => definitions.replaceAll(staged, options)));

const record = (shellId: string, kind: Kind, name: string, more: Partial<DefinitionRecord> = {}): DefinitionRecord => ({
  ...{ shellId, kind, name, value: 'v', json: false, valueArray: null, valueAssoc: null, attrs: 0, file: null, line: null },
  ...{ fnChain: null, history: [], orderIdx: null, tsNs: null, setAt: 1, setByShell: null },
  ...more,
});

const kinds = fc.constantFrom<Kind>('alias', 'function', 'path', 'zstyle', 'setopt');
const shells = fc.constantFrom('bash', 'zsh', 'tool:x');
const words = fc.oneof(
  fc.constantFrom('a', 'ab', 'abc', 'b', 'é', '\u{1f600}', '\uffff', '0', '2', '10', '10:x', '2:x', '%', '*', '[', "'", '\n', '\x1f', '\x7f'),
  fc.string({ maxLength: 4, unit: 'binary' }).filter((text) => text !== '' && !text.includes('\0')),
);
const texts = fc.option(fc.string({ maxLength: 6, unit: 'binary' }), { nil: null });
const override = fc.record({ value: texts, file: texts, line: fc.option(fc.nat(), { nil: null }), fn_chain: texts });
const records = fc.uniqueArray(
  fc.record<DefinitionRecord>({
    shellId: shells,
    kind: kinds,
    name: words,
    value: texts,
    json: fc.boolean(),
    valueArray: fc.option(fc.array(fc.string()), { nil: null }),
    valueAssoc: fc.option(fc.array(fc.tuple(fc.string(), fc.string())), { nil: null }),
    attrs: fc.nat({ max: 0xffff }),
    file: fc.option(fc.constantFrom('/a', '/b'), { nil: null }),
    line: fc.option(fc.nat(), { nil: null }),
    fnChain: texts,
    history: fc.array(override, { maxLength: 3 }),
    orderIdx: fc.option(fc.nat(), { nil: null }),
    tsNs: fc.option(fc.constantFrom(0, 1_700_000_000_123_456_800), { nil: null }),
    setAt: fc.nat({ max: 9 }),
    setByShell: fc.option(fc.nat(), { nil: null }),
  }),
  { selector: ({ shellId, kind, name }) => `${shellId} ${kind} ${name}`, maxLength: 60 },
);
const opt = <T>(each: fc.Arbitrary<T>) => fc.option(each, { nil: undefined });
const filters = fc.record<DefinitionFilter>({
  shellId: opt(shells),
  kind: opt(kinds),
  name: opt(words),
  prefix: opt(fc.constantFrom('a', 'ab', '1', '\u{10ffff}', '')),
  glob: opt(fc.constantFrom('*', 'a*', '?', '*b*', '[a-b]', '1*')),
  file: opt(fc.constantFrom('/a')),
  contains: opt(fc.constantFrom('a', ' ')),
  since: opt(fc.constantFrom(5)),
});

const bytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));
const order = (a: DefinitionRecord, b: DefinitionRecord) =>
  numberOf(a.kind) - numberOf(b.kind) || placeOf(a.kind, a.name) - placeOf(b.kind, b.name) || bytes(a.name, b.name) || bytes(a.shellId, b.shellId);
const globs: Record<string, RegExp> = { '*': /^.*$/su, 'a*': /^a.*$/su, '?': /^.$/su, '*b*': /^.*b.*$/su, '[a-b]': /^[ab]$/u, '1*': /^1.*$/su };
const matches = (f: DefinitionFilter, r: DefinitionRecord) =>
  (f.shellId ?? r.shellId) === r.shellId &&
  (f.kind ?? r.kind) === r.kind &&
  (f.name ?? r.name) === r.name &&
  r.name.startsWith(f.prefix ?? '') &&
  (f.glob === undefined || globs[f.glob]!.test(r.name)) &&
  (f.file ?? r.file) === r.file &&
  (f.contains === undefined || (r.value?.includes(f.contains) ?? false)) &&
  r.setAt >= (f.since ?? 0);

async function pages(filter: DefinitionFilter, limit: number): Promise<DefinitionRecord[]> {
  const found: DefinitionRecord[] = [];
  for (let after: Place | null = null; ;) {
    const page = await definitions.page(filter, limit, after);
    expect(page.records.length).toBeLessThanOrEqual(limit);
    found.push(...page.records);
    if (page.next === null) return found;
    after = page.next;
  }
}

describe('finding definitions', () => {
  test('pages, counts and a whole read give what a filter over a sorted list gives, every field as it was', async () => {
    await fc.assert(
      fc.asyncProperty(records, filters, fc.integer({ min: 1, max: 9 }), async (all, filter, limit) => {
        await replace(all, { shells: null, reason: 'test' });
        const expected = all.filter((each) => matches(filter, each)).toSorted(order);
        expect(await pages(filter, limit)).toEqual(expected);
        expect(await definitions.count(filter)).toBe(expected.length);
        expect([...definitions.all()]).toEqual(all.toSorted(order));
        expect(definitions.kinds().reduce((sum, { rows }) => sum + rows, 0)).toBe(all.length);
        for (const { shellId, rows } of definitions.shells()) expect(rows).toBe(all.filter((each) => each.shellId === shellId).length);
      }),
      { numRuns: 300 },
    );
  });

  test('steps reach behind what does not match, however much it is', async () => {
    const many = Array.from({ length: 25_000 }, (_, at) => record('zsh', 'alias', `n${at}`, { value: String(at) }));
    await replace(many, { shells: null, reason: 'test' });
    expect((await pages({ glob: '*4999' }, 10)).map(({ name }) => name)).toEqual(['n14999', 'n24999', 'n4999']);
    expect((await pages({ contains: '2499' }, 3)).length).toBe(many.filter(({ value }) => value!.includes('2499')).length);
    expect(await definitions.count({ glob: '*9' })).toBe(2500);
    expect(await definitions.count({ prefix: 'n24' })).toBe(1111);
  });

  test('a page ends before it grows too large', async () => {
    const large = Array.from({ length: 12 }, (_, at) => record('zsh', 'function', `f${at}`, { value: 'x'.repeat(1 << 20) }));
    await replace(large, { shells: null, reason: 'test' });
    const { records: first, next } = await definitions.page({}, 100, null);
    expect(first.length).toBeLessThan(12);
    expect(next).not.toBeNull();
    expect((await pages({}, 100)).length).toBe(12);
  });
});

describe('restoring', () => {
  test('replaces the named shells and leaves the others; an import adds', async () => {
    const [a, b, c] = [record('zsh', 'alias', 'x'), record('bash', 'alias', 'x'), record('zsh', 'function', 'f')];
    await replace([a, b, c], { shells: null, reason: 'test' });
    const done = await replace([{ ...a, value: 'new' }], { shells: ['zsh'], reason: 'snapshot_load' });
    expect(done).toEqual({ removed: 2, written: 1 });
    expect([...definitions.all()].map(({ shellId, value }) => [shellId, value])).toEqual([
      ['bash', 'v'],
      ['zsh', 'new'],
    ]);
    expect(told.at(-1)).toMatchObject({ change: 'snapshot_load', shell_id: 'zsh', inserted: 1, removed: 2 });
    await db.write(() => definitions.importAll([c, { ...b, value: 'b2' }], { reason: 'import' }));
    expect([...definitions.all()].map(({ kind, value }) => [kind, value])).toEqual([
      ['alias', 'b2'],
      ['alias', 'new'],
      ['function', 'v'],
    ]);
    expect(told.at(-1)).toMatchObject({ shells: ['bash', 'zsh'], inserted: 1, updated: 1 });
  });

  test('where the records came from is restored apart, and forgotten with them', async () => {
    const origin = { startedAtNs: 1, finishedAtNs: 2, cmdline: 'zsh -l', zdotdir: null, home: '/h', events: 3, ingestedAt: 4 };
    const both = ['bash', 'zsh'].map((shellId) => ({ shellId, ...origin }));
    await db.write(() => definitions.restoreBundles(both));
    expect(definitions.shells().map(({ bundle }) => bundle)).toEqual(both);
    await replace([], { shells: ['zsh'], reason: 'test' });
    expect(definitions.shells().map(({ shellId, bundle }) => [shellId, bundle])).toEqual([['bash', both[0]!]]);
    await replace([record('zsh', 'alias', 'x')], { shells: null, reason: 'test' });
    expect(definitions.shells()).toEqual([{ shellId: 'zsh', rows: 1, bundle: null }]);
  });

  test('is all or nothing, also over the limit', async () => {
    const before = [...definitions.all()];
    const tooMany = Array.from({ length: 100_001 }, (_, at) => record('bash', 'alias', `n${at}`));
    const failed = replace(tooMany, { shells: null, reason: 'test' }).catch((error: unknown) => error);
    expect(await failed).toMatchObject({ code: 'quota_exceeded' });
    const shellsToo = Array.from({ length: 101 }, (_, at) => record(`tool:s${at}`, 'alias', 'x'));
    const refused = db.write(() => definitions.importAll(shellsToo, { reason: 'test' })).catch((error: unknown) => error);
    expect(await refused).toMatchObject({ code: 'quota_exceeded', detail: { extra: { limit: 100 } } });
    expect([...definitions.all()]).toEqual(before);
  }, 60_000);
});

test('every kind has a number of its own', () => {
  expect(new Set(CATALOG_KINDS.map(numberOf)).size).toBe(22);
});
