import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { gone, lockCalls, sleeper } from '../helper/locks';
import { listenTo } from '../helper/stream';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
const { call, granted, refused } = lockCalls(() => daemon);

test('who waits too long is told so', async () => {
  await granted('acquire', { name: 'slow' });
  expect(await refused('acquire', { name: 'slow', timeout_secs: 0.05 })).toEqual([408, 'timeout']);
  expect((await call('wait_info', { name: 'slow' })).body.waiting).toBe(0);
});

test('every kind of name: slashes, dots and any script, but nothing that hides', async () => {
  for (const name of ['a/b.c', '../../etc/passwd', '.', 'ünï ☃ 🐚', "'; drop table", 'x'.repeat(256)]) {
    const { token } = await granted('acquire', { name });
    expect((await call('list', { prefix: name })).body.locks[0].name).toBe(name);
    await granted('release', { name, token });
  }
  for (const name of ['', 'a\u0000b', 'a\nb', '\u007f', 'x'.repeat(257), '\ud800', 5, null])
    for (const op of ['acquire', 'try_acquire', 'renew', 'release', 'break', 'wait_info'])
      expect(await refused(op, { name, ...(op === 'renew' || op === 'release' ? { token: 't' } : {}) })).toEqual([400, 'bad_args']);
});

test('what cannot be meant is refused with its place', async () => {
  const bad: readonly (readonly [string, object, string])[] = [
    ['acquire', { name: 'n', timeout_secs: -1 }, '/timeout_secs'],
    ['acquire', { name: 'n', timeout_secs: 1e300 }, '/timeout_secs'],
    ['acquire', { name: 'n', ttl_secs: 0 }, '/ttl_secs'],
    ['acquire', { name: 'n', ttl_secs: 1.5 }, '/ttl_secs'],
    ['acquire', { name: 'n', ttl_secs: 1e15 }, '/ttl_secs'],
    ['acquire', { name: 'n', pid: -1 }, '/pid'],
    ['acquire', { name: 'n', slots: 0 }, '/slots'],
    ['acquire', { name: 'n', slots: 2, shared: true }, '/slots'],
    ['try_acquire', { name: 'n', slots: 2, shared: true }, '/slots'],
    ['acquire', { name: 'n', token: 'short' }, '/token'],
    ['acquire', { name: 'n', caller_pid: 1 }, '/caller_pid'],
    ['release', { name: 'n' }, '/token'],
    ['list', { cursor: 'nonsense' }, '/cursor'],
  ];
  for (const [op, input, path] of bad) expect((await call(op, input)).body).toMatchObject({ code: 'bad_args', path });
  for (const op of ['acquire', 'try_acquire']) expect(await refused(op, { name: 'n', pid: 2 ** 31 - 1 })).toEqual([404, 'no_such_process']);
});

test('over the limit nothing more is granted', async () => {
  const small = await startDaemon({ config: '[locks]\nmax_entries = 2\n' });
  const first = await small.call('lock_acquire', { name: 'a' });
  await small.call('lock_acquire', { name: 'b' });
  for (const op of ['lock_acquire', 'lock_try_acquire']) {
    const { status, body } = await small.call(op, { name: 'c' });
    expect([status, body.code, body.limit]).toEqual([429, 'too_many', 2]);
  }
  await small.call('lock_release', { name: 'a', token: first.body.token });
  expect((await small.call('lock_acquire', { name: 'c' })).status).toBe(200);
});

test('the list shows holders by name, in pages, and no token', async () => {
  const own = await startDaemon();
  const tokens: string[] = [];
  for (const name of ['b', 'é', 'a', 'Z']) tokens.push((await own.call('lock_acquire', { name, owner: `of ${name}`, pid: process.pid })).body.token);
  for (let at = 0; at < 2; at++) await own.call('lock_acquire', { name: 's', slots: 2 });
  const { body } = await own.call('lock_list');
  expect(body.locks.map((row: { name: string }) => row.name)).toEqual(['Z', 'a', 'b', 's', 's', 'é']);
  expect(body).toMatchObject({ count: 6, total: 6, truncated: false, next_cursor: null });
  expect(body.locks[0]).toMatchObject({ holder_pid: process.pid, alive: true, owner: 'of Z', waiters: 0, expires_at_ns: null });
  expect(tokens.some((token) => JSON.stringify(body).includes(token))).toBe(false);
  const seen: unknown[] = [];
  for (let cursor: string | undefined; ;) {
    const page = (await own.call('lock_list', { limit: 2, cursor })).body;
    seen.push(...page.locks.map(({ fence }: { fence: number }) => fence));
    if (!page.truncated) break;
    cursor = page.next_cursor;
  }
  expect(seen).toEqual(body.locks.map(({ fence }: { fence: number }) => fence));
  expect((await own.call('metrics')).body.active_locks).toBe(6);
});

test('each thing that happens is an event, without the token', async () => {
  const own = await startDaemon();
  const stream = await listenTo(own, 'channel=*.lock.*');
  const first = (await own.call('lock_acquire', { name: 'told', owner: 'me', ttl_secs: 1 })).body;
  const child = sleeper();
  const second = (await own.call('lock_acquire', { name: 'told', timeout_secs: 60, pid: child.pid })).body;
  await own.call('lock_break', { name: 'told' });
  const third = (await own.call('lock_acquire', { name: 'told' })).body;
  await own.call('lock_release', { name: 'told', token: third.token });
  const heard = await stream.take(6);
  expect(heard.map(({ data }) => [data.topic, data.data.fence, data.data.reason])).toEqual([
    ['lock.acquired', first.fence, undefined],
    ['lock.expired', first.fence, 'lease'],
    ['lock.acquired', second.fence, undefined],
    ['lock.broken', second.fence, 'break'],
    ['lock.acquired', third.fence, undefined],
    ['lock.released', third.fence, 'release'],
  ]);
  expect(heard[0]!.data.data).toMatchObject({ name: 'told', owner: 'me', holder_pid: 0, shared: false, slots: null });
  for (const { token } of [first, second, third]) expect(JSON.stringify(heard)).not.toContain(token);
  await gone(child);
});
