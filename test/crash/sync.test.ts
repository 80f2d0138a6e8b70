import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

const LANES = 16;

/** Takes locks from many connections at once, so that their commits share syncs; what was granted, and what refusals said. */
async function acquireAll(daemon: TestDaemon, each: number, prefix: string): Promise<{ granted: string[]; refused: string[] }> {
  const granted: string[] = [];
  const refused: string[] = [];
  const lane = async (number: number) => {
    for (let at = 0; at < each; at++) {
      const name = `${prefix}-${number}-${at}`;
      const reply = await daemon.call('lock_acquire', { name, ttl_secs: 600 }).catch(() => null);
      if (reply === null) return;
      if (reply.status === 200) granted.push(name);
      else refused.push(reply.body.code);
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
  return { granted, refused };
}

const held = async (daemon: TestDaemon): Promise<Set<string>> => {
  const names = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const { body } = await daemon.call('lock_list', cursor === undefined ? {} : { cursor });
    for (const { name } of body.locks) names.add(name);
    if (!body.next_cursor) return names;
    cursor = body.next_cursor;
  }
};

test('what was acknowledged survives a death before its commit was told of', async () => {
  const daemon = await startDaemon({ source: true });
  const acknowledged: string[] = [];
  // The first ones after a start may be its own upkeep.
  for (const nth of [4, 7]) {
    await daemon.restart({ ZD_FAILPOINTS: `storage.sync=kill@+${nth}` });
    const { granted } = await acquireAll(daemon, 20, `round${nth}`);
    acknowledged.push(...granted);
    await daemon.ended();
    await daemon.restart({});
    const names = await held(daemon);
    expect(acknowledged.filter((name) => !names.has(name))).toEqual([]);
  }
});

test('a disk that does not take a commit is told to everybody who waits for it, and the next commit goes on', async () => {
  const daemon = await startDaemon({ source: true });
  for (const [action, code] of [
    ['throw', 'storage'],
    ['full', 'storage_full'],
  ] as const) {
    await daemon.restart({ ZD_FAILPOINTS: `storage.sync=${action}@+4` });
    const { granted, refused } = await acquireAll(daemon, 8, action);
    expect(refused.length).toBeGreaterThan(0);
    expect(new Set(refused)).toEqual(new Set([code]));
    expect(granted.length + refused.length).toBe(LANES * 8);
    expect((await acquireAll(daemon, 1, `${action}-after`)).refused).toEqual([]);
  }
});

test('a job whose submission the disk did not take is what it seems: it runs to its end, or was never there', async () => {
  const daemon = await startDaemon({ source: true });
  for (let nth = 1; nth <= 8; nth++) {
    await daemon.restart({ ZD_FAILPOINTS: `storage.sync=throw@+${nth}` });
    const replies = await Promise.all(Array.from({ length: 4 }, () => daemon.call('job_submit', { command: ['true'], cwd: '/' })));
    replies.push(await daemon.call('job_submit', { command: ['true'], cwd: '/' }));
    for (const { status, body } of replies)
      expect([status, body.code]).toBeOneOf([
        [200, undefined],
        [500, 'storage'],
      ]);
    await until('nothing runs or waits', async () => {
      const { body } = await daemon.call('job_list', {});
      return body.jobs.every(({ state }: { state: string }) => state === 'exited');
    });
    for (const { body } of replies) if (body.ok) expect((await daemon.call('job_wait', { id: body.job_id })).body.state).toBe('exited');
  }
});
