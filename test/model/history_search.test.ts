import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { addUse, weightOf } from '../../src/areas/history/model';
import type { Query } from '../../src/areas/history/query_model';
import { draft, HistoryRig, query } from '../helper/history_rig';

const word = fc.constantFrom('git', 'Git', 'commit', 'a', 'ü', '*', '-', 'x_y', '%', '"q"', 'a.b', '\n', '漢字', 'ΑΣ', 'ΑΣΑ');
const line = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join(' '));
const entry = fc.record({
  line,
  ts: fc.integer({ min: 1, max: 60 }),
  cwd: fc.constantFrom(null, '/a', '/a/b'),
  exitCode: fc.constantFrom(null, 0, 1),
});
type Plain = { line: string; ts: number; cwd: string | null; exitCode: number | null };

type Step =
  | { readonly kind: 'add'; readonly entries: readonly Plain[] }
  | { readonly kind: 'delete'; readonly line: string }
  | { readonly kind: 'look'; readonly query: Pick<Query, 'filter' | 'mode' | 'ignoreCase' | 'distinct' | 'descending'> & { readonly cwd?: string } };

const look = fc.record(
  {
    filter: fc.oneof(word, line, fc.constant('')),
    mode: fc.constantFrom('like' as const, 'prefix' as const, 'exact' as const, 'fuzzy' as const),
    ignoreCase: fc.boolean(),
    distinct: fc.boolean(),
    descending: fc.boolean(),
    cwd: fc.constantFrom('/a', '/a/b'),
  },
  { requiredKeys: ['filter', 'mode', 'ignoreCase', 'distinct', 'descending'] },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.array(entry, { minLength: 1, maxLength: 6 }).map((entries): Step => ({ kind: 'add', entries })) },
  { weight: 1, arbitrary: line.map((text): Step => ({ kind: 'delete', line: text })) },
  { weight: 4, arbitrary: look.map((given): Step => ({ kind: 'look', query: given })) },
);

function fits(text: string, { filter, mode, ignoreCase }: Pick<Query, 'filter' | 'mode' | 'ignoreCase'>): boolean {
  if (filter === '') return true;
  if (mode === 'fuzzy') {
    return filter
      .toLowerCase()
      .replaceAll('ς', 'σ')
      .split(/\s+/)
      .filter(Boolean)
      .every((each) => {
        let at = -1;
        const bytes = [...Buffer.from(text.toLowerCase().replaceAll('ς', 'σ'))];
        return [...Buffer.from(each)].every((byte) => (at = bytes.indexOf(byte, at + 1)) !== -1);
      });
  }
  const [a, b] = ignoreCase ? [text.toLowerCase().replaceAll('ς', 'σ'), filter.toLowerCase().replaceAll('ς', 'σ')] : [text, filter];
  return mode === 'like' ? a.includes(b) : mode === 'prefix' ? a.startsWith(b) : a === b;
}

test('what was looked for before there was anything is found when it has come', async () => {
  const rig = new HistoryRig();
  for (const mode of ['like', 'prefix', 'fuzzy'] as const) expect(await rig.lines({ filter: 'git', mode })).toEqual([]);
  await rig.history.import([draft('git push', 1)], false, 'test');
  for (const mode of ['like', 'prefix', 'fuzzy'] as const) expect(await rig.lines({ filter: 'git', mode })).toEqual(['git push']);
  rig.close();
});

test('every way to search finds what a look at every entry finds, whatever was added, deleted and read in between', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const rig = new HistoryRig();
      try {
        // In the order of time, and of insertion within one millisecond.
        let model: Plain[] = [];
        for (const each of steps) {
          if (each.kind === 'add') {
            await rig.history.import(
              each.entries.map(({ line: text, ts, ...more }) => draft(text, ts, more)),
              false,
              'test',
            );
            model = [...model, ...each.entries].toSorted((a, b) => a.ts - b.ts);
          } else if (each.kind === 'delete') {
            const gone = model.filter((one) => one.line === each.line).length;
            expect(await rig.history.delete({ line: each.line, dryRun: false }, 'test')).toBe(gone);
            model = model.filter((one) => one.line !== each.line);
          } else {
            const { cwd, ...rest } = each.query;
            const ordered = rest.descending ? model.toReversed() : model;
            const matching = ordered.filter((one) => fits(one.line, rest) && (cwd === undefined || one.cwd === cwd)).map((one) => one.line);
            const expected = rest.distinct ? [...new Set(matching)] : matching;
            const found: string[] = [];
            for (let cursor: number | null = null, more = true; more;) {
              const page = await rig.history.query(query({ ...each.query, limit: 3, cursor }));
              expect(page.complete).toBe(true);
              found.push(...page.hits.map((hit) => hit.entry.line));
              cursor = page.cursor;
              more = cursor !== null;
            }
            expect(found).toEqual(expected);
          }
        }
        expect(rig.history.table.totals().entries).toBe(model.length);
      } finally {
        rig.close();
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);

test('the ways to frecency agree: kept step by step, it orders as the sum of all uses does at any later time', () => {
  const DAY = 86_400_000;
  const times = fc.array(fc.integer({ min: 0, max: 1000 * DAY }), { minLength: 1, maxLength: 20 });
  const rank = (uses: number[]) => uses.reduce<number | null>((sum, at) => addUse(sum, at), null)!;
  fc.assert(
    fc.property(times, times, fc.integer({ min: 1000 * DAY, max: 1100 * DAY }), (a, b, now) => {
      const sum = (uses: number[]) => uses.reduce((total, at) => total + 2 ** ((at - now) / (7 * DAY)), 0);
      expect(weightOf(rank(a), now) / sum(a)).toBeCloseTo(1, 5);
      expect(rank(a.toReversed()) - rank(a)).toBeCloseTo(0, 0);
      if (sum(a) > sum(b) * 1.001) expect(rank(a)).toBeGreaterThan(rank(b));
    }),
  );
});

test('a search that runs out of time says so, and goes on from where it was', async () => {
  const rig = new HistoryRig();
  for (let at = 0; at < 10; at++)
    await rig.history.import(
      Array.from({ length: 1000 }, (_, n) => draft(`line ${at * 1000 + n}`, at * 1000 + n + 1)),
      false,
      'test',
    );
  const late = query({ filter: 'line 7', mode: 'exact', ignoreCase: true, budgetMs: 0 });
  let page = await rig.history.query(late);
  expect(page).toMatchObject({ hits: [], complete: false });
  let calls = 1;
  for (; page.hits.length === 0 && page.cursor !== null; calls++) page = await rig.history.query({ ...late, cursor: page.cursor });
  expect(page.hits[0]!.entry.line).toBe('line 7');
  expect(calls).toBeGreaterThan(3);
  // Ranked searches give the best so far.
  expect((await rig.history.query(query({ filter: 'line 7', mode: 'fuzzy', order: 'score', budgetMs: 0 }))).complete).toBe(false);
  expect((await rig.lines({ filter: 'ln 9999', mode: 'fuzzy', order: 'score' }))[0]).toBe('line 9999');
  rig.close();
}, 60_000);

test('lines appended while the others are in memory are found at once, and in their place', async () => {
  const rig = new HistoryRig();
  await rig.history.import(
    Array.from({ length: 50 }, (_, n) => draft(`old ${n}`, 1000 + n)),
    false,
    'test',
  );
  expect((await rig.lines({ filter: 'old', mode: 'like' })).length).toBe(50);
  await rig.history.append(draft('old again', 1020), 'test');
  await rig.history.append(draft('old 3', 5000), 'test');
  const found = await rig.lines({ filter: 'old', mode: 'like', distinct: true });
  expect(found[0]).toBe('old 3');
  expect(found.filter((text) => text === 'old 3').length).toBe(1);
  expect(found.indexOf('old again')).toBe(found.indexOf('old 20') - 1);
  rig.history.corpus.forget();
  expect(await rig.lines({ filter: 'old', mode: 'like', distinct: true })).toEqual(found);
  rig.close();
});
