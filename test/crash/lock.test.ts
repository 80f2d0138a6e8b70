import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

interface Known {
  /** Names with the token and number of a grant that was acknowledged and whose release was never asked for. */
  readonly held: Map<string, { token: string; fence: number }>;
  readonly released: Set<string>;
  fence: number;
}

/** Acquires and releases on several connections until the daemon is gone; holds exactly what was acknowledged. */
async function contendUntilDead(daemon: TestDaemon, known: Known, round: string, killAfter?: number): Promise<void> {
  let dead = false;
  let count = 0;
  const worker = async (lane: number) => {
    for (let at = 0; !dead; at++) {
      const name = `${round}-${lane}-${at}`;
      try {
        const { status, body } = await daemon.call('lock_acquire', { name, ttl_secs: 3600 });
        if (status !== 200) continue;
        expect(known.held.has(name)).toBe(false);
        known.held.set(name, { token: body.token, fence: body.fence });
        known.fence = Math.max(known.fence, body.fence);
        if (at % 3 === 0) {
          // Asked for: it may be gone or not when the reply never came.
          known.held.delete(name);
          if ((await daemon.call('lock_release', { name, token: body.token })).status === 200) known.released.add(name);
        }
        if (++count === killAfter) void daemon.kill();
      } catch {
        dead = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => worker(lane)));
  await daemon.ended();
}

async function expectAll(daemon: TestDaemon, { held, released, fence }: Known): Promise<void> {
  const { body } = await daemon.call('lock_list', { limit: 10_000 });
  expect(body.truncated).toBe(false);
  const found = new Map<string, number>(body.locks.map((row: { name: string; fence: number }) => [row.name, row.fence]));
  for (const [name, grant] of held) expect([name, found.get(name)]).toEqual([name, grant.fence]);
  expect([...released].filter((name) => found.has(name))).toEqual([]);
  expect(new Set(found.values()).size).toBe(found.size);
  const fresh = (await daemon.call('lock_acquire', { name: `after ${fence}` })).body;
  expect(fresh.fence).toBeGreaterThan(fence);
  const [name, grant] = [...held].at(-1)!;
  expect((await daemon.call('lock_renew', { name, token: grant.token })).body.fence).toBe(grant.fence);
}

const nothing = (): Known => ({ held: new Map(), released: new Set(), fence: 0 });

test('acknowledged grants survive kill -9 at any moment, and numbers only grow', async () => {
  const daemon = await startDaemon();
  const known = nothing();
  for (let round = 0; round < 5; round++) {
    await contendUntilDead(daemon, known, `r${round}`, 40 + 61 * round);
    await daemon.restart();
    await expectAll(daemon, known);
  }
  expect(known.held.size).toBeGreaterThan(100);
});

for (const failpoint of ['storage.before_commit', 'storage.after_commit']) {
  test(`and a death at ${failpoint}`, async () => {
    const known = nothing();
    const daemon = await startDaemon({ source: true });
    for (const nth of [2, 3, 17]) {
      await daemon.restart({ ZD_FAILPOINTS: `${failpoint}=kill@${nth}` }).then(
        () => contendUntilDead(daemon, known, `n${nth}`),
        // A commit during the start already reached the point.
        () => daemon.ended(),
      );
      await daemon.restart({});
      if (known.held.size > 0) await expectAll(daemon, known);
    }
    expect(known.held.size).toBeGreaterThan(0);
  });
}

test('the number grows after the row of its grant is gone', async () => {
  const daemon = await startDaemon();
  const { token, fence } = (await daemon.call('lock_acquire', { name: 'n' })).body;
  await daemon.call('lock_release', { name: 'n', token });
  await daemon.kill();
  await daemon.restart();
  expect((await daemon.call('lock_acquire', { name: 'n' })).body.fence).toBeGreaterThan(fence);
});

test('a grant whose commit fails is no grant: nobody holds it, and the next one is served', async () => {
  const daemon = await startDaemon({ source: true });
  let refused = 0;
  // A commit that is none of ours may meet the point first; then there is another round.
  for (let round = 0; refused === 0 && round < 10; round++) {
    await daemon.restart({ ZD_FAILPOINTS: 'storage.before_commit=throw@+3' });
    for (let at = 0; at < 6; at++) {
      const name = `f${round}.${at}`;
      const { status } = await daemon.call('lock_acquire', { name });
      if (status !== 200) refused++;
      expect((await daemon.call('lock_wait_info', { name })).body).toMatchObject({ held: status === 200, waiting: 0 });
    }
  }
  expect(refused).toBe(1);
});

test('a lock bound to a process that died with the daemon is free after the start', async () => {
  const daemon = await startDaemon();
  const [dies, lives] = [Bun.spawn(['sleep', '1000']), Bun.spawn(['sleep', '1000'])];
  await daemon.call('lock_acquire', { name: 'dies', pid: dies.pid });
  await daemon.call('lock_acquire', { name: 'lives', pid: lives.pid });
  await daemon.kill();
  dies.kill('SIGKILL');
  await dies.exited;
  await daemon.restart();
  expect((await daemon.call('lock_try_acquire', { name: 'dies' })).status).toBe(200);
  expect((await daemon.call('lock_try_acquire', { name: 'lives' })).status).toBe(409);
  lives.kill('SIGKILL');
  await lives.exited;
  expect((await daemon.call('lock_try_acquire', { name: 'lives' })).status).toBe(200);
});
