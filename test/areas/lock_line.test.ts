import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { alone, lockCalls } from '../helper/locks';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});
const { call, granted, waiting } = lockCalls(() => daemon);

/** A request whose connection the test can cut. */
function leaving(name: string) {
  const controller = new AbortController();
  const reply = daemon
    .fetch('/op/lock_acquire', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ name, timeout_secs: 60, ttl_secs: 1 }),
      signal: controller.signal,
    })
    .then((response) => response.json())
    .catch(() => 'cut');
  return { reply, cut: () => controller.abort() };
}

test('a thousand contenders get it one after another, in the order in which they stand, and nobody is forgotten', async () => {
  const contenders = 1000;
  const first = await granted('acquire', { name: 'busy' });
  const got: { owner: string; fence: number }[] = [];
  let inside = 0;
  const contend = async (owner: string) => {
    const mine = await alone(daemon, 'acquire', { name: 'busy', owner, timeout_secs: 600 });
    expect(++inside).toBe(1);
    got.push({ owner, fence: mine.fence });
    inside--;
    await granted('release', { name: 'busy', token: mine.token });
  };
  const all: Promise<void>[] = [];
  // In portions that the socket's backlog takes.
  while (all.length < contenders) {
    all.push(...Array.from({ length: 100 }, (_, at) => contend(`c${all.length + at}`)));
    await waiting('busy', all.length);
  }
  const line = (await call('wait_info', { name: 'busy' })).body.waiters.map(({ owner }: { owner: string }) => owner);
  await granted('release', { name: 'busy', token: first.token });
  await Promise.all(all);
  expect(got.map(({ owner }) => owner)).toEqual(line);
  expect(got.map(({ fence }) => fence)).toEqual(got.map(({ fence }) => fence).toSorted((a, b) => a - b));
  expect(new Set(got.map(({ owner }) => owner)).size).toBe(contenders);
});

test('who leaves while waiting leaves the line, and the next one is served', async () => {
  const { token } = await granted('acquire', { name: 'left' });
  const others = [leaving('left'), leaving('left'), leaving('left')];
  await waiting('left', 3);
  const stays = granted('acquire', { name: 'left', timeout_secs: 60 });
  await waiting('left', 4);
  for (const { cut } of others) cut();
  await waiting('left', 1);
  await granted('release', { name: 'left', token });
  await stays;
});

test('nobody who left keeps the lock, however the leaving and the grant cross', async () => {
  const rounds = Array.from({ length: 30 }, async (_, round) => {
    const name = `crossed ${round}`;
    const { token } = await granted('acquire', { name });
    const other = leaving(name);
    await waiting(name, 1);
    const released = granted('release', { name, token });
    other.cut();
    await released;
    await other.reply;
    // It left in time, or what it was granted came back; what was already on its way ends with its lease.
    await until('the lock is free', async () => (await call('wait_info', { name })).body.held === false);
  });
  await Promise.all(rounds);
});

test('a daemon that stops sends waiters away at once, and they line up again as they stood', async () => {
  // It would wait a minute for them.
  const own = await startDaemon({ config: '[shutdown]\ngrace_ms = 60000\n' });
  const locks = lockCalls(() => own);
  const held = await locks.granted('acquire', { name: 'kept', ttl_secs: 60 });
  const asked = [Date.now() - 3, Date.now() - 2, Date.now() - 1];
  const sent = asked.map((at) => locks.call('acquire', { name: 'kept', owner: `${at}`, timeout_secs: 600 }));
  await locks.waiting('kept', 3);
  const stopped = own.stop();
  for (const { status, body } of await Promise.all(sent)) expect([status, body.code]).toEqual([503, 'shutting_down']);
  expect(await stopped).toBe(0);
  await own.start();
  expect((await locks.call('list')).body.locks).toMatchObject([{ name: 'kept', fence: held.fence }]);
  // They come back in the wrong order, and behind somebody who is new.
  const order: string[] = [];
  const contend = (owner: string, since?: number) =>
    locks.granted('acquire', { name: 'kept', owner, timeout_secs: 600, since_ns: since && since * 1e6 }).then(({ token }) => {
      order.push(owner);
      return locks.granted('release', { name: 'kept', token });
    });
  const fresh = contend('new');
  await locks.waiting('kept', 1);
  // Since after the start is no earlier attempt.
  const liar = contend('liar', Date.now() + 1000);
  await locks.waiting('kept', 2);
  const back = [contend('third', asked[2]), contend('first', asked[0]), contend('second', asked[1])];
  await locks.waiting('kept', 5);
  expect(await locks.granted('renew', { name: 'kept', token: held.token })).toMatchObject({ fence: held.fence });
  await locks.granted('release', { name: 'kept', token: held.token });
  await Promise.all([fresh, liar, ...back]);
  expect(order).toEqual(['first', 'second', 'third', 'new', 'liar']);
});

test('a wait outlasts the limits of a quiet connection', async () => {
  // Bun cuts a connection that says nothing for ten to twelve seconds unless it is told not to.
  const { token } = await granted('acquire', { name: 'quiet', ttl_secs: 600 });
  const waiter = granted('acquire', { name: 'quiet', timeout_secs: 600 });
  await waiting('quiet', 1);
  const begun = performance.now();
  await until('it is long enough', () => performance.now() - begun > 13_000);
  expect((await call('wait_info', { name: 'quiet' })).body.waiting).toBe(1);
  await granted('release', { name: 'quiet', token });
  expect((await waiter).waited_ns).toBeGreaterThan(12e9);
}, 180_000);
