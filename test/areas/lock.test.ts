import { beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { gone, lockCalls, sleeper } from '../helper/locks';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
const { call, granted, refused, waiting } = lockCalls(() => daemon);

describe('holding', () => {
  test('one at a time, and whoever comes is told who has it', async () => {
    const first = await granted('acquire', { name: 'one', ttl_secs: 30, owner: 'ci' });
    expect(first).toMatchObject({ name: 'one', holder_pid: 0, owner: 'ci', shared: false, slots: null });
    const { status, body } = await call('try_acquire', { name: 'one' });
    expect([status, body.code, body.msg]).toEqual([409, 'busy', 'The lock "one" is held by "ci".']);
    expect(await refused('acquire', { name: 'one' })).toEqual([409, 'busy']);
    expect(await granted('release', { name: 'one', token: first.token })).toMatchObject({ released: true, lost: null });
    const second = await granted('try_acquire', { name: 'one' });
    expect(second.fence).toBeGreaterThan(first.fence);
    expect(second.token).not.toBe(first.token);
  });

  test('a request with neither a lease nor a process gets the default lease', async () => {
    const before = Date.now();
    const { expires_at_ns } = await granted('try_acquire', { name: 'default lease', pid: 0 });
    expect(expires_at_ns / 1e6).toBeWithin(before + 60_000 - 5, Date.now() + 60_000 + 5);
    expect((await granted('try_acquire', { name: 'process', pid: process.pid })).expires_at_ns).toBeNull();
    expect((await granted('try_acquire', { name: 'both', pid: process.pid, ttl_secs: 5 })).expires_at_ns).not.toBeNull();
  });

  test('shared holders hold together, and wait behind an exclusive one that came first', async () => {
    const readers = [await granted('acquire', { name: 'rw', shared: true }), await granted('acquire', { name: 'rw', shared: true })];
    const writer = granted('acquire', { name: 'rw', timeout_secs: 60 });
    await waiting('rw', 1);
    expect(await refused('try_acquire', { name: 'rw', shared: true })).toEqual([409, 'busy']);
    const late = [
      granted('acquire', { name: 'rw', shared: true, timeout_secs: 60 }),
      granted('acquire', { name: 'rw', shared: true, timeout_secs: 60 }),
    ];
    await waiting('rw', 3);
    for (const { token } of readers) await granted('release', { name: 'rw', token });
    const held = await writer;
    expect((await call('wait_info', { name: 'rw' })).body).toMatchObject({ waiting: 2, holders: [{ fence: held.fence }] });
    await granted('release', { name: 'rw', token: held.token });
    const together = await Promise.all(late);
    expect((await call('wait_info', { name: 'rw' })).body.holders.map((each: { fence: number }) => each.fence)).toEqual(
      together.map(({ fence }) => fence).toSorted((a, b) => a - b),
    );
  });

  test('a semaphore has so many places, and its number is the same for all', async () => {
    const wish = { name: 'pool', slots: 2 };
    const [first] = [await granted('acquire', wish), await granted('acquire', wish)];
    expect(await refused('try_acquire', wish)).toEqual([409, 'busy']);
    for (const op of ['acquire', 'try_acquire']) {
      const { status, body } = await call(op, { name: 'pool', slots: 3 });
      expect([status, body.code, body.slots]).toEqual([409, 'conflict', 2]);
    }
    expect(await refused('try_acquire', { name: 'pool' })).toEqual([409, 'busy']);
    const third = granted('acquire', { ...wish, timeout_secs: 60 });
    await waiting('pool', 1);
    await granted('release', { name: 'pool', token: first!.token });
    expect((await third).slots).toBe(2);
  });

  test('asking again with the token of a grant, or of a place in line, gets the same one', async () => {
    const wish = { name: 'again', token: 'a secret of my own' };
    const first = await granted('acquire', wish);
    expect(await granted('acquire', wish)).toMatchObject({ fence: first.fence, token: wish.token });
    const ahead = { name: 'again', token: 'the first who waits', timeout_secs: 60 };
    const lostReply = call('acquire', ahead);
    await waiting('again', 1);
    const behind = granted('acquire', { name: 'again', timeout_secs: 60 });
    await waiting('again', 2);
    const asked = granted('acquire', ahead);
    expect((await lostReply).body.code).toBe('timeout');
    await granted('release', wish);
    expect((await asked).token).toBe(ahead.token);
    await granted('release', { name: 'again', token: ahead.token });
    await behind;
  });
});

describe('ending', () => {
  test('a lease runs out, and its holder is told when it comes back', async () => {
    const { token } = await granted('acquire', { name: 'lease', ttl_secs: 1 });
    const next = await granted('acquire', { name: 'lease', timeout_secs: 60 });
    expect(await refused('renew', { name: 'lease', token })).toEqual([409, 'not_held']);
    expect((await call('renew', { name: 'lease', token })).body.msg).toContain('its lease ran out');
    expect(await refused('release', { name: 'lease', token })).toEqual([403, 'wrong_token']);
    expect((await call('release', { name: 'lease', token })).body.lost).toBe('expired');
    await granted('release', { name: 'lease', token: next.token });
    expect(await granted('release', { name: 'lease', token })).toMatchObject({ released: false, lost: 'expired' });
  });

  test('a renewed lease goes on', async () => {
    const { token, expires_at_ns } = await granted('acquire', { name: 'renewed', ttl_secs: 30 });
    const longer = await granted('renew', { name: 'renewed', token, ttl_secs: 600 });
    expect(longer.expires_at_ns - expires_at_ns).toBeGreaterThan(500e9);
    // Without a length it keeps the one it has.
    expect((await granted('renew', { name: 'renewed', token })).expires_at_ns).toBeGreaterThanOrEqual(longer.expires_at_ns);
    expect(await refused('renew', { name: 'renewed', token: 'wrong' })).toEqual([403, 'wrong_token']);
    expect(await refused('renew', { name: 'free', token: 'wrong' })).toEqual([409, 'not_held']);
    expect(await refused('renew', { name: 'renewed', token, pid: 2 ** 31 - 1 })).toEqual([404, 'no_such_process']);
  });

  test('a process that ends takes its lock with it, at contention at once and for a waiter soon', async () => {
    const child = sleeper();
    await granted('acquire', { name: 'bound', pid: child.pid });
    expect(await refused('try_acquire', { name: 'bound' })).toEqual([409, 'busy']);
    await gone(child);
    const other = sleeper();
    const { token } = await granted('try_acquire', { name: 'bound', pid: other.pid });
    const waiter = granted('acquire', { name: 'bound', timeout_secs: 60 });
    await waiting('bound', 1);
    await gone(other);
    await waiter;
    expect(await refused('release', { name: 'bound', token })).toEqual([403, 'wrong_token']);
  });

  test('a process that ended is found without anybody asking', async () => {
    const child = sleeper();
    await granted('acquire', { name: 'forgotten', pid: child.pid });
    await gone(child);
    await until('it is free', async () => !(await call('wait_info', { name: 'forgotten' })).body.held);
  });

  test('a grant can be bound to another process', async () => {
    const [first, second] = [sleeper(), sleeper()];
    const { token } = await granted('acquire', { name: 'handed on', pid: first.pid });
    expect((await granted('renew', { name: 'handed on', token, pid: second.pid })).holder_pid).toBe(second.pid);
    await gone(first);
    expect(await refused('try_acquire', { name: 'handed on' })).toEqual([409, 'busy']);
    await gone(second);
    await granted('try_acquire', { name: 'handed on' });
  });

  test('breaking ends all grants, or one by its number', async () => {
    const wish = { name: 'broken', slots: 3 };
    const all = [await granted('acquire', wish), await granted('acquire', wish), await granted('acquire', wish)];
    const one = all[1]!;
    expect(await granted('break', { name: 'broken', fence: one.fence })).toMatchObject({ broken: 1, fences: [one.fence] });
    expect(await granted('break', { name: 'broken' })).toMatchObject({ broken: 2 });
    expect(await granted('break', { name: 'broken' })).toMatchObject({ broken: 0, fences: [] });
    expect(await granted('release', { name: 'broken', token: one.token })).toMatchObject({ released: false, lost: 'broken' });
    expect(await refused('renew', { name: 'broken', token: one.token })).toEqual([409, 'not_held']);
  });

  test('a wrong token releases nothing', async () => {
    await granted('acquire', { name: 'mine' });
    expect(await refused('release', { name: 'mine', token: 'not it' })).toEqual([403, 'wrong_token']);
    expect((await call('wait_info', { name: 'mine' })).body.held).toBe(true);
    expect(await granted('release', { name: 'never held', token: 'x' })).toMatchObject({ released: false, lost: null });
  });
});
