import { expect, test } from 'bun:test';
import { join } from 'node:path';
import { Staging } from '../../src/areas/definitions/staging';
import { DefinitionTable } from '../../src/areas/definitions/table';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { bundle, event } from '../helper/definitions';
import { until } from '../helper/until';

/** Too many for one transaction. */
const ROWS = 1600;
const of = (value: string, rows = ROWS) =>
  bundle(
    'zsh',
    Array.from({ length: rows }, (_, at) => event(at, 'alias', `n${at}`, { value })),
  );
const values = async (daemon: TestDaemon) => {
  const { records } = (await daemon.call('definitions_query', { shell_id: 'zsh' })).body as { records: { value: string }[] };
  return [records.length, [...new Set(records.map(({ value }) => value))]];
};

test('a bundle written in many pieces is there whole or not at all, and what does not hold is removed', async () => {
  const daemon = await startDaemon({ source: true });
  expect((await daemon.call('recorder_ingest', of('0'))).body).toMatchObject({ rows_written: ROWS, kinds: { alias: { inserted: ROWS } } });
  for (const [at, commit] of [1, 2, 4, 5, 6].entries()) {
    const before = await values(daemon);
    await daemon.restart({ ZD_FAILPOINTS: `storage.after_commit=kill@+${commit}` });
    await daemon.call('recorder_ingest', of(String(at + 1), ROWS - at)).catch(() => undefined);
    await daemon.ended();
    await daemon.restart({});
    const now = await values(daemon);
    expect([before, [ROWS - at, [String(at + 1)]]]).toContainEqual(now);
    expect((await daemon.call('definitions_kinds')).body.shells.zsh).toBe(now[0]);
  }
  // The next one finds what the others left.
  expect((await daemon.call('recorder_ingest', of('last', ROWS + 7))).body.kinds.alias).toMatchObject({ inserted: expect.any(Number) });
  expect(await values(daemon)).toEqual([ROWS + 7, ['last']]);
  await daemon.stop();
  // In this process, where it can be seen when it is done: each ingest leaves rows to remove, and a daemon tells nobody of them.
  const db = new Db(join(daemon.home, 'zd.db'), { migrations: zdMigrations, durability: 'normal' });
  const table = new DefinitionTable(db);
  await new Staging(db, table).alone(async () => {});
  await until('what does not hold is gone', () => !table.owners.anyHidden());
  expect(table.row('SELECT count(*) AS rows, count(DISTINCT shell_id) AS owners FROM definition')).toEqual({ rows: ROWS + 7, owners: 1 });
  db.close();
}, 180_000);
