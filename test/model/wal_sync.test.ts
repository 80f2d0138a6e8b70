import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Db, type Durability } from '../../src/storage/db';

const folder = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MIGRATIONS = [{ version: 1, name: '0001_init', sql: 'CREATE TABLE note (n INTEGER NOT NULL) STRICT;' }];
const open = (name: string): Db => new Db(join(folder, name), { migrations: MIGRATIONS, durability: 'full' });

/** Writes `count` numbers in one turn; each is noted in `told` when it is acknowledged. */
function writeAll(db: Db, from: number, count: number, told: number[], durability?: Durability): Promise<void>[] {
  return Array.from({ length: count }, (_, at) =>
    db.write(() => void db.sqlite.run('INSERT INTO note VALUES (?)', [from + at]), durability).then(() => void told.push(from + at)),
  );
}

const stored = (db: Db): number => (db.sqlite.query('SELECT count(*) AS n FROM note').get() as { n: number }).n;

test('a group is acknowledged in order when the disk has it, and what needs no disk does not wait for it', async () => {
  const db = open('order.db');
  const told: number[] = [];
  const full = writeAll(db, 0, 20, told);
  const normal = writeAll(db, 100, 3, told, 'normal');
  await Promise.all(normal);
  expect(told).toEqual([100, 101, 102]);
  await Promise.all(full);
  expect(told.slice(3)).toEqual(Array.from({ length: 20 }, (_, at) => at));
  expect(stored(db)).toBe(23);
  db.close();
});

test('what is committed while a sync runs is acknowledged by the next one', async () => {
  const db = open('next.db');
  const told: number[] = [];
  const groups: Promise<void>[] = [];
  for (let turn = 0; turn < 50; turn++) {
    groups.push(...writeAll(db, turn * 10, 10, told));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(groups);
  expect(told).toEqual(Array.from({ length: 500 }, (_, at) => at));
  db.close();
});

test('a close acknowledges what was committed, and nothing is lost by it', async () => {
  const db = open('close.db');
  const told: number[] = [];
  const groups = writeAll(db, 0, 10, told);
  await new Promise((resolve) => setImmediate(resolve));
  groups.push(...writeAll(db, 10, 10, told));
  db.close();
  await Promise.all(groups);
  expect(told).toEqual(Array.from({ length: 20 }, (_, at) => at));
  const again = open('close.db');
  expect(stored(again)).toBe(20);
  again.close();
});

test('what may begin at the commit is called in order, before the disk has it, and once, also when one of its group failed', async () => {
  const db = open('committed.db');
  const told: string[] = [];
  const write = (n: number) =>
    db
      .write(
        () => {
          if (n === 1) throw new Error('not this one');
          db.sqlite.run('INSERT INTO note VALUES (?)', [n]);
          return n;
        },
        'full',
        (value) => void told.push(`committed ${value}`),
      )
      .then(
        (value) => void told.push(`on the disk ${value}`),
        () => void told.push(`failed ${n}`),
      );
  await write(7);
  expect(told.splice(0)).toEqual(['committed 7', 'on the disk 7']);
  await Promise.all([2, 3].map(write));
  expect(told.splice(0)).toEqual(['committed 2', 'committed 3', 'on the disk 2', 'on the disk 3']);
  await Promise.all([0, 1, 4].map(write));
  expect(told.filter((each) => each.startsWith('committed'))).toEqual(['committed 0', 'committed 4']);
  expect(told).toContain('failed 1');
  expect(stored(db)).toBe(5);
  db.close();
});
