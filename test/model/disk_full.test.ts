import { afterAll, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../../src/kernel/context';
import { Dispatcher } from '../../src/kernel/dispatch';
import { defineOp } from '../../src/kernel/op';
import { Registry } from '../../src/kernel/registry';
import { strict } from '../../src/kernel/schema';
import { Db } from '../../src/storage/db';
import { storagePart } from '../../src/storage/part';

const folder = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIGRATIONS = [{ version: 1, name: '0001_init', sql: 'CREATE TABLE note (text TEXT NOT NULL) STRICT;' }];
const open = (name: string): Db => new Db(join(folder, name), { migrations: MIGRATIONS, durability: 'normal' });
const note = (db: Db, text: string) =>
  db
    .write(() => db.sqlite.run('INSERT INTO note VALUES (?)', [text]))
    .then(
      () => 'ok',
      (error) => error.code,
    );
const pages = (db: Db) => (db.sqlite.query('PRAGMA page_count').get() as { page_count: number }).page_count;

test('a full disk is told, is over when there is room, and costs nothing that was stored', async () => {
  const db = open('full.db');
  expect(await note(db, 'before')).toBe('ok');
  db.sqlite.run(`PRAGMA max_page_count = ${pages(db) + 1}`);
  expect(await note(db, 'x'.repeat(100_000))).toBe('storage_full');
  expect(db.trouble).toBe('There is no space left.');
  db.sqlite.run('PRAGMA max_page_count = 100000');
  expect(await storagePart('zd_db', db).probe()).toBeNull();
  expect(await note(db, 'x'.repeat(100_000))).toBe('ok');
  expect(db.trouble).toBeNull();
  expect(db.sqlite.query('SELECT length(text) AS n FROM note').all()).toEqual([{ n: 6 }, { n: 100_000 }]);
  db.close();
});

test('a file that takes no writes is degraded until it does, and a mistake of a caller is not', async () => {
  const db = open('readonly.db');
  const part = storagePart('zd_db', db);
  expect(await db.write(() => db.sqlite.run('INSERT INTO note VALUES (NULL)')).catch((error) => error.code)).toBe('storage');
  expect([db.trouble, await part.probe()]).toEqual([null, null]);
  db.sqlite.run('PRAGMA user_version = 7');
  db.sqlite.run('PRAGMA query_only = ON');
  expect(await note(db, 'a')).toBe('storage');
  expect(await part.probe()).toBe('it can be read, but not written: The database answered SQLITE_READONLY.');
  db.sqlite.run('PRAGMA query_only = OFF');
  expect(await part.probe()).toBeNull();
  expect(db.sqlite.query('PRAGMA user_version').get()).toEqual({ user_version: 7 });
  db.close();
  expect(existsSync(`${db.path}-wal`)).toBe(false);
});

test('an operation whose file finds no room answers storage_full, not a fault of zd', async () => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  const op = defineOp({
    name: 'save',
    summary: 'Saves.',
    scope: 'meta.admin',
    effect: 'write',
    input: strict({}),
    output: strict({}),
    errors: [],
    example: {},
    handle: () => Promise.reject(full),
  });
  const clock = { now: () => 0, monotonic: () => 0 };
  const seen: string[] = [];
  const dispatcher = new Dispatcher(new Registry([{ name: 'test', summary: '', ops: [op] }]), { clock } as Services, (_, code) => seen.push(code));
  const call = dispatcher.run({
    op: 'save',
    input: {},
    caller: { via: 'unix', label: null, scopes: ['*'], source: 'http' },
    signal: new AbortController().signal,
  });
  await expect(call).rejects.toMatchObject({ code: 'storage_full', cause: full });
  expect(seen).toEqual(['storage_full']);
});
