import { expect, test } from 'bun:test';
import { codeOf, Rig } from '../helper/cache_rig';

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
    codeOf(
      rig.db.write(() => {
        throw new Error('not mine');
      }),
    ),
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
  expect(
    await codeOf(
      rig.batch([
        { op: 'put', key: 'p', value: 1 },
        { op: 'put', key: 'q', value: 'x'.repeat(100_000) },
      ]),
    ),
  ).toBe('storage_full');
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
  expect(rig.db.sqlite.query('SELECT ns FROM ns_total').all()).toEqual([{ ns: '' }]);
});

test('a flood of made-up namespaces leaves no rows behind', async () => {
  const rig = new Rig();
  for (let n = 0; n < 10_050; n++) rig.store.get(`ns${n}`, 'k');
  expect(rig.store.stats().misses).toBe(10_050);
  await rig.store.sweep();
  expect(rig.store.stats().misses).toBe(10_050);
  expect(rig.db.sqlite.query('SELECT count(*) AS n FROM ns_total').get()).toEqual({ n: 1 });
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
  let failing = 0;
  rig.db.beforeCommit(() => {
    if (failing-- > 0) throw new Error('no commit');
  });
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
