import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { catalogue, catalogueRig, record } from '../helper/catalogue';

const rig = catalogueRig();

test('what was saved is what is loaded, every field of every kind and shell, whatever came between', async () => {
  await fc.assert(
    fc.asyncProperty(catalogue, catalogue, async (saved, between) => {
      await rig.fill(saved);
      const before = rig.all();
      await rig.snapshots.save('round', null, true);
      await rig.fill(between);
      const tried = await rig.snapshots.load('round', null, true);
      expect(rig.all().length).toBe(between.length);
      const loaded = await rig.snapshots.load('round', null, false);
      expect(rig.all()).toEqual(before);
      expect([loaded.rows, loaded.removed, loaded.summary]).toEqual([before.length, between.length, tried.summary]);
      expect((await rig.snapshots.compare('round', null, true)).differences).toEqual([]);
    }),
    { numRuns: 100 },
  );
});

test('a load of one shell leaves the others as they are', async () => {
  await fc.assert(
    fc.asyncProperty(catalogue, catalogue, fc.constantFrom('zsh', 'bash'), async (saved, between, shell) => {
      await rig.fill(saved);
      const before = rig.all();
      await rig.snapshots.save('one', null, true);
      await rig.fill(between);
      const others = rig.all().filter(({ shellId }) => shellId !== shell);
      await rig.snapshots.load('one', shell, false);
      const after = rig.all();
      expect(after.filter(({ shellId }) => shellId === shell)).toEqual(before.filter(({ shellId }) => shellId === shell));
      expect(after.filter(({ shellId }) => shellId !== shell)).toEqual(others);
    }),
    { numRuns: 50 },
  );
});

test('the differences of two states lead from one to the other', async () => {
  await fc.assert(
    fc.asyncProperty(catalogue, catalogue, async (left, right) => {
      await rig.fill(left);
      await rig.snapshots.save('left', null, true);
      await rig.fill(right);
      const { differences, rowsBefore, rowsAfter } = await rig.snapshots.compare('left', null, true);
      const key = ({ kind, shellId, name }: { kind: string; shellId: string; name: string }) => `${kind}\0${shellId}\0${name}`;
      const state = new Map(left.map((each) => [key(each), each]));
      for (const { change, to, ...about } of differences) change === 'removed' ? state.delete(key(about)) : state.set(key(about), to!);
      const content = (each: (typeof left)[number]) =>
        JSON.stringify([each.value, each.json, each.valueArray, each.valueAssoc, each.attrs, each.file, each.line, each.fnChain]);
      expect(new Map([...state].map(([name, each]) => [name, content(each)]))).toEqual(new Map(right.map((each) => [key(each), content(each)])));
      expect([rowsBefore, rowsAfter]).toEqual([left.length, right.length]);
    }),
    { numRuns: 50 },
  );
});

test('values of megabytes, among thousands of rows', async () => {
  const [one] = fc.sample(record, { numRuns: 1, seed: 7 });
  const rows = Array.from({ length: 5000 }, (_, at) => ({
    ...one!,
    name: `n${at}`,
    kind: 'alias' as const,
    value: at === 5 ? '☃'.repeat(1 << 20) : `v${at}`,
  }));
  await rig.fill(rows);
  const before = rig.all();
  await rig.snapshots.save('large', null, true);
  await rig.fill([]);
  expect((await rig.snapshots.load('large', null, false)).rows).toBe(rows.length);
  expect(Bun.deepEquals(rig.all(), before)).toBe(true);
}, 60_000);
