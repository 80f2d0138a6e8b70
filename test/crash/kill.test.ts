import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

interface Acknowledged {
  readonly puts: Map<string, string>;
  readonly events: Map<number, string>;
}

/** Writes from several connections until the daemon is gone; holds exactly what was acknowledged. */
async function writeUntilDead(daemon: TestDaemon, acknowledged: Acknowledged, round: number, killAfter?: number): Promise<void> {
  let dead = false;
  let count = 0;
  const writer = async (lane: number) => {
    for (let at = 0; !dead; at++) {
      const key = `${round}-${lane}-${at}`;
      try {
        const put = await daemon.call('cache_put', { ns: 'crash', key, value: `v${key}` });
        if (put.status === 200) acknowledged.puts.set(key, `v${key}`);
        const sent = await daemon.call('publish', { topic: 'crash', data: key });
        if (sent.status === 200) acknowledged.events.set(sent.body.seq, key);
        if (++count === killAfter) void daemon.kill();
      } catch {
        dead = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
  await daemon.ended();
}

async function expectAll(daemon: TestDaemon, { puts, events }: Acknowledged): Promise<void> {
  const keys = [...puts.keys()];
  for (let from = 0; from < keys.length; from += 1000) {
    const some = keys.slice(from, from + 1000);
    const { body } = await daemon.call('cache_batch', { ops: some.map((key) => ({ op: 'get', ns: 'crash', key })) });
    expect(body.results.map((each: { value: string }) => each.value)).toEqual(some.map((key) => puts.get(key)));
  }
  const newest = Math.max(0, ...events.keys());
  const { body } = await daemon.call('publish', { topic: 'after', data: null });
  expect(body.seq).toBeGreaterThan(newest);
  const { body: doctor } = await daemon.call('doctor');
  expect(doctor.checks.filter((check: { name: string; status: string }) => check.name.includes('integrity') && check.status !== 'ok')).toEqual([]);
}

test('what was acknowledged survives kill -9 at any moment', async () => {
  const daemon = await startDaemon();
  const acknowledged: Acknowledged = { puts: new Map(), events: new Map() };
  for (let round = 0; round < 5; round++) {
    await writeUntilDead(daemon, acknowledged, round, 40 + 61 * round);
    await daemon.restart();
  }
  expect(acknowledged.puts.size).toBeGreaterThan(100);
  await expectAll(daemon, acknowledged);
});

for (const failpoint of ['storage.before_commit', 'storage.after_commit']) {
  test(`what was acknowledged survives a death at ${failpoint}`, async () => {
    const acknowledged: Acknowledged = { puts: new Map(), events: new Map() };
    const daemon = await startDaemon({ source: true });
    for (const nth of [1, 2, 17]) {
      await daemon.restart({ ZD_FAILPOINTS: `${failpoint}=kill@${nth}` }).then(
        () => writeUntilDead(daemon, acknowledged, nth),
        // A commit during the start already reached the point.
        () => daemon.ended(),
      );
      await daemon.restart({});
    }
    await expectAll(daemon, acknowledged);
  });
}

test('a commit that fails is told to its caller and nobody else, and nothing of it stays', async () => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'storage.before_commit=throw@3' } });
  const replies = [];
  for (let at = 0; at < 6; at++) replies.push(await daemon.call('cache_put', { ns: 'fail', key: `k${at}`, value: at }));
  const { body } = await daemon.call('cache_list', { ns: 'fail' });
  expect(body.keys).toEqual(replies.flatMap(({ status }, at) => (status === 200 ? [`k${at}`] : [])));
  for (const { status, body: reply } of replies) if (status !== 200) expect(reply.code).toBe('internal');
});
