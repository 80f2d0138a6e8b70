import { expect, test } from 'bun:test';
import { draft, HistoryRig, query } from '../helper/history_rig';

const everything = (rig: HistoryRig) => {
  const entries: object[] = [];
  for (let cursor: number | null = null, more = true; more;) {
    const page = rig.history.all(cursor, 7);
    entries.push(
      ...page.entries.map(({ id, line, ts, exitCode, cwd, durationMs, sessid, hostname, shellId }) => ({
        id,
        line,
        ts,
        exitCode,
        cwd,
        durationMs,
        sessid,
        hostname,
        shellId,
      })),
    );
    cursor = page.cursor;
    more = cursor !== null;
  }
  return entries as Parameters<HistoryRig['history']['restore']>[0];
};

test('all entries by pages, put back into an empty history, are the same history', async () => {
  const [from, to] = [new HistoryRig(), new HistoryRig()];
  const drafts = Array.from({ length: 40 }, (_, n) =>
    draft(`line ${n % 6}`, 1000 + Math.floor(n / 3), { cwd: n % 2 ? '/a' : null, exitCode: n % 3, shellId: n }),
  );
  await from.history.import(drafts, false, 'test');
  await from.history.delete({ ids: [3, 17], dryRun: false }, 'test');
  const kept = everything(from);
  expect(kept.length).toBe(38);
  expect(await to.db.write(() => to.history.restore(kept))).toBe(38);
  expect(everything(to)).toEqual(kept);
  for (const mode of ['match', 'like', 'fuzzy'] as const)
    expect((await to.history.query(query({ filter: 'line 3', mode }))).hits).toEqual(
      (await from.history.query(query({ filter: 'line 3', mode }))).hits.map((hit) => ({
        ...hit,
        entry: { ...hit.entry, lineId: expect.any(Number), rank: expect.closeTo(hit.entry.rank, -1) },
      })),
    );
  expect(await to.db.write(() => to.history.restore(kept))).toBe(0);
  await to.history.append(draft('new', 5000), 'test');
  expect((await to.history.query(query({ limit: 1 }))).hits[0]!.entry.id).toBe(41);
  from.close();
  to.close();
});

test('a restore that is taken back leaves neither entries nor counts', async () => {
  const rig = new HistoryRig();
  await rig.history.import([draft('kept', 1)], true, 'test');
  expect(await rig.lines({ filter: 'kept', mode: 'like' })).toEqual(['kept']);
  const failed = rig.db.write(() => {
    rig.history.restore([{ ...draft('lost', 2), id: 9 }]);
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  expect(rig.history.table.totals()).toMatchObject({ entries: 1, next_id: 2 });
  expect(await rig.lines({ filter: 's', mode: 'like' })).toEqual([]);
  expect(await rig.lines({ filter: 'kept', mode: 'like' })).toEqual(['kept']);
  rig.close();
});

test('more entries of one millisecond than it has places spill into the next', async () => {
  const rig = new HistoryRig();
  await rig.history.import(
    Array.from({ length: 1030 }, (_, n) => draft(`same ${n}`, 7)),
    false,
    'test',
  );
  const found = await rig.lines({ descending: false, limit: 2000 });
  expect(found).toEqual(Array.from({ length: 1030 }, (_, n) => `same ${n}`));
  rig.close();
});
