import { afterAll, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { EventLog } from '../../src/areas/event/log';
import { Locks } from '../../src/areas/lock/locks';
import type { AcquireRequest } from '../../src/areas/lock/service';
import { LockStore } from '../../src/areas/lock/store';
import { identify } from '../../src/kernel/process';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { codeOf } from '../helper/cache_rig';
import { until } from '../helper/until';
import { ROOMY } from '../helper/event_rig';

const folder = mkdtempSync('/tmp/zd-lock-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** Locks on a file of their own. The clocks stand where the test puts them, beside the real time that passes. */
class Rig {
  wall = 0;
  monotonic = 0;
  readonly db: Db;
  readonly locks: Locks;

  constructor(readonly path = `${folder}/${Bun.randomUUIDv7()}.db`) {
    this.db = new Db(path, { migrations: zdMigrations, durability: 'full' });
    const clock = { now: () => Date.now() + this.wall, monotonic: () => performance.now() + this.monotonic };
    const store = new LockStore(this.db, new EventLog(this.db, clock, quiet, () => ROOMY));
    this.locks = new Locks(store, clock, () => ({ defaultTtlMs: 60_000, maxEntries: 100 }));
  }

  acquire(name: string, more: Partial<AcquireRequest> = {}, signal = new AbortController().signal) {
    const wish = { shared: false, slots: null, owner: null, timeoutMs: 0, ttlMs: null, pid: null, token: null, since: null };
    return this.locks.acquire({ name, ...wish, ...more }, () => signal);
  }

  /** As after a crash: another run on the same file. */
  again(): Rig {
    this.db.close();
    const next = new Rig(this.path);
    next.locks.start();
    return next;
  }
}

test('a jump of the wall clock ends no lease and lengthens none', async () => {
  const rig = new Rig();
  const { token } = await rig.acquire('l', { ttlMs: 10_000 });
  for (const jump of [-1e12, 1e12]) {
    rig.wall = jump;
    expect(await codeOf(rig.acquire('l'))).toBe('busy');
    expect((await rig.locks.renew('l', token, null, null)).token).toBe(token);
  }
  rig.monotonic = 11_000;
  expect(await codeOf(rig.acquire('l'))).toBe('ok');
});

test('a lease that ran out while the daemon was down still waits for its holder, for a while', async () => {
  let rig = new Rig();
  const { token, fence } = await rig.acquire('l', { ttlMs: 20_000 });
  rig = rig.again();
  rig.wall = 1e9;
  expect(rig.locks.find('l').holders).toMatchObject([{ fence }]);
  expect(await codeOf(rig.acquire('l'))).toBe('busy');
  expect(await codeOf(rig.locks.renew('l', token, null, null))).toBe('ok');
  rig.monotonic = 21_000;
  expect(await codeOf(rig.acquire('l'))).toBe('ok');
});

test('numbers grow over restarts, and past the numbers that were set aside', async () => {
  let rig = new Rig();
  let last = 0;
  for (let run = 0; run < 2; run++) {
    for (let at = 0; at < 1100; at++) {
      const { token, fence } = await rig.acquire('l');
      expect(fence).toBeGreaterThan(last);
      last = fence;
      await rig.locks.release('l', token);
    }
    rig = rig.again();
  }
});

test('another process under the same pid does not hold the lock', async () => {
  let rig = new Rig();
  const { fence } = await rig.acquire('l', { pid: process.pid });
  expect(await codeOf(rig.acquire('l'))).toBe('busy');
  const { start } = identify(process.pid)!;
  await rig.db.write(() => rig.db.sqlite.run('UPDATE lock_holder SET pid_start = ?', [`${start}0`]));
  rig = rig.again();
  expect((await rig.acquire('l')).fence).toBeGreaterThan(fence);
});

test('a grant that is stored while its caller leaves is given back', async () => {
  const rig = new Rig();
  const { token } = await rig.acquire('l');
  const leaving = new AbortController();
  const waiter = rig.acquire('l', { timeoutMs: 60_000 }, leaving.signal);
  const released = rig.locks.release('l', token);
  // The hand-over is decided and on its way to the disk.
  leaving.abort();
  await released;
  expect(await codeOf(waiter)).toBe('timeout');
  await until('it is free', () => rig.locks.find('l').holders.length === 0);
  const topics = rig.db.sqlite.query('SELECT topic, data FROM event ORDER BY seq').all() as { topic: string; data: string }[];
  expect(topics.map(({ topic }) => topic)).toEqual(['lock.acquired', 'lock.released', 'lock.acquired', 'lock.released']);
  expect(JSON.parse(topics[3]!.data)).toMatchObject({ reason: 'client_gone' });
});

test('a grant that reached nobody is given back in the end, also when that cannot be stored at first', async () => {
  const rig = new Rig();
  const { token } = await rig.acquire('l');
  const leaving = new AbortController();
  const waiter = codeOf(rig.acquire('l', { timeoutMs: 60_000 }, leaving.signal));
  const write = rig.db.write.bind(rig.db);
  let writes = 0;
  rig.db.write = (work, level) => (++writes === 2 ? Promise.reject(new Error('no room')) : write(work, level));
  const released = rig.locks.release('l', token);
  leaving.abort();
  expect(await released).toEqual({ released: true, lost: null });
  expect(await waiter).toBe('timeout');
  await until('the second write has failed', () => writes === 2);
  expect(rig.locks.find('l').holders).toHaveLength(1);
  await until('it is free', () => rig.locks.find('l').holders.length === 0);
  expect(writes).toBe(3);
});

test('who has left before the lock was asked for never waits', async () => {
  const rig = new Rig();
  await rig.acquire('l');
  expect(await codeOf(rig.acquire('l', { timeoutMs: 60_000 }, AbortSignal.abort()))).toBe('timeout');
  expect(rig.locks.find('l').queue).toEqual([]);
});

test('what cannot be stored has not happened: holders hold, waiters wait, and later it happens', async () => {
  const rig = new Rig();
  const { token } = await rig.acquire('l', { ttlMs: 60_000 });
  const waiter = rig.acquire('l', { timeoutMs: 600_000 });
  rig.db.sqlite.run('PRAGMA max_page_count = 1');
  const fill = () => rig.db.write(() => rig.db.sqlite.run('CREATE TABLE IF NOT EXISTS filler AS SELECT zeroblob(100000) AS bytes'));
  expect(await codeOf(fill())).toBe('storage_full');
  // Room for nothing more: rows of a new page are refused.
  const big = { owner: 'o'.repeat(5000) };
  expect(await codeOf(rig.acquire('other', big))).toBe('storage_full');
  expect(rig.locks.find('other').holders).toEqual([]);
  rig.db.sqlite.run('PRAGMA max_page_count = 100000');
  expect(await codeOf(rig.acquire('other', big))).toBe('ok');
  expect(await rig.locks.release('l', token)).toEqual({ released: true, lost: null });
  expect((await waiter).fence).toBeGreaterThan(0);
});

test('while the locks stop, waiters are sent away and grants stay', async () => {
  const rig = new Rig();
  await rig.acquire('l');
  const waiter = codeOf(rig.acquire('l', { timeoutMs: 60_000 }));
  rig.locks.stop();
  expect(await waiter).toBe('shutting_down');
  expect(() => rig.acquire('m')).toThrow('stopping');
  expect(rig.again().locks.held()).toBe(1);
});
