import { Database } from 'bun:sqlite';
import { expect, test } from 'bun:test';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome } from '../helper/daemon';

const folder = tempHome();
const file = join(folder, 'catalog.db');

test('the catalogue goes to a file and comes back, whole or not at all', async () => {
  const daemon = await startDaemon({ config: '[definitions]\nmax_records = 4\n' });
  const ok = async (op: string, input: object = {}) => {
    const { status, body } = await daemon.call(op, input);
    expect([status, body.code, body.msg]).toEqual([200, undefined, undefined]);
    return body;
  };
  const code = async (op: string, input: object) => (await daemon.call(op, input)).body.code;
  await ok('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'gs', value: 'git status', file: '/rc', line: 3 });
  await ok('definitions_emit', { shell_id: 'bash', kind: 'params', name: 'a', value_array: ['x', ''], attrs: 16 });
  const before = (await ok('definitions_query')).records;
  expect(await ok('export_catalog', { path: file })).toEqual({ ok: true, path: file, rows: 2 });
  expect(statSync(file).mode & 0o077).toBe(0);
  expect(await code('export_catalog', { path: file })).toBe('create_failed');
  const bytes = readFileSync(file);
  const db = new Database(file, { readonly: true });
  expect(db.query("SELECT value, file, line FROM definition WHERE name = 'gs'").get()).toEqual({ value: 'git status', file: '/rc', line: 3 });
  db.close();

  await ok('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'new', value: 'x' });
  expect(await code('import_catalog', { path: file })).toBe('conflict');
  const taken = await ok('import_catalog', { path: file, force: true });
  expect(taken).toMatchObject({ imported_from: file, integrity_ok: true, table_count: 2, rows: 2 });
  expect(taken.backup_at).toContain('before-import-');
  expect([(await ok('definitions_query')).records, readFileSync(file).equals(bytes)]).toEqual([before, true]);
  expect((await ok('snapshot_list')).snapshots[0]).toMatchObject({ total_rows: 3 });

  const spoiled = async (change: (db: Database) => void, content: Uint8Array = bytes) => {
    const path = join(folder, Bun.randomUUIDv7());
    writeFileSync(path, content);
    const copy = new Database(path);
    change(copy);
    copy.close();
    return code('import_catalog', { path, force: true });
  };
  expect(await spoiled((each) => each.run('UPDATE catalog_format SET version = 2'))).toBe('bad_catalog');
  expect(await spoiled((each) => each.run('DROP TABLE definition'))).toBe('bad_catalog');
  expect(await spoiled((each) => each.run(`UPDATE definition SET record = '{"kind":"virus"}'`))).toBe('bad_catalog');
  expect(await spoiled((each) => each.run(`UPDATE definition SET record = '{'`))).toBe('bad_catalog');
  expect(
    await spoiled((each) => {
      for (let at = 0; at < 5; at++)
        each.run(
          `INSERT INTO definition SELECT kind, 'n${at}', shell_id, value, file, line, json_set(record, '$.name', 'n${at}') FROM definition LIMIT 1`,
        );
    }),
  ).toBe('quota_exceeded');
  // The name in the index is no longer that in the row.
  const at = bytes.lastIndexOf('gs');
  expect(await spoiled(() => {}, bytes.with(at, 0x78))).toBe('integrity_check_failed');
  const text = join(folder, 'text');
  writeFileSync(text, 'no database, but a text that is longer than a header of one would be, so that SQLite looks at it in earnest');
  expect(await code('import_catalog', { path: text, force: true })).toBe('bad_catalog');
  expect(await code('import_catalog', { path: folder, force: true })).toBe('bad_catalog');
  expect(await code('import_catalog', { path: join(folder, 'none'), force: true })).toBe('no_such_file');
  expect(await code('import_catalog', { path: join(daemon.home, 'zd.db'), force: true })).toBe('bad_args');
  expect((await ok('definitions_query')).records).toEqual(before);
});
