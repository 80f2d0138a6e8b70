import { expect, test } from 'bun:test';
import { draft, HistoryRig } from '../helper/history_rig';

/** More than go into the index at once. */
const MANY = 1200;

test('words are found in entries whether or not they are in the index yet, also after a restart and a deletion', async () => {
  const rig = new HistoryRig();
  try {
    const add = (from: number, to: number) =>
      Promise.all(Array.from({ length: to - from }, (_, n) => rig.history.append(draft(`make part${from + n}`, rig.now + from + n), 'test')));
    await add(0, MANY);
    expect(rig.history.table.indexLags()).toBe(true);
    const newest = (await rig.lines({ limit: 1 }))[0]!;
    // Deleted before its words were in the index, then one whose words are.
    expect(await rig.history.delete({ line: newest, dryRun: false }, 'test')).toBe(1);
    expect(await rig.lines({ filter: `part${MANY - 1}` })).toEqual([]);
    expect(rig.history.table.indexLags()).toBe(false);
    expect(await rig.history.delete({ line: 'make part3', dryRun: false }, 'test')).toBe(1);
    expect(await rig.lines({ filter: 'make', limit: 5000 })).toHaveLength(MANY - 2);
    await add(MANY, MANY + 3);
    rig.history.stop();
    rig.db.close();
    rig.open();
    expect(await rig.lines({ filter: `part${MANY + 2}` })).toEqual([`make part${MANY + 2}`]);
    expect(await rig.lines({ filter: 'part3' })).toEqual([]);
    // The index agrees with the entries (fts5.html, 6.9).
    await rig.db.write(() => rig.db.sqlite.run("INSERT INTO history_fts (history_fts, rank) VALUES ('integrity-check', 1)"));
  } finally {
    rig.close();
  }
}, 30_000);

test('bringing the index up to date looks at the new entries alone', () => {
  const rig = new HistoryRig();
  try {
    const { db, history } = rig;
    const prepare = db.prepare.bind(db);
    const plans: string[] = [];
    db.prepare = (sql) => {
      if (sql.startsWith('INSERT INTO history_fts')) plans.push(JSON.stringify(db.sqlite.query(`EXPLAIN QUERY PLAN ${sql}`).all()));
      return prepare(sql);
    };
    history.table.index();
    expect(plans).toHaveLength(1);
    expect(plans[0]).not.toContain('SCAN history');
  } finally {
    rig.close();
  }
});
