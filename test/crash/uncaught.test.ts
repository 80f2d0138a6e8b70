import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

/** Writes from several connections until the daemon is gone; what was acknowledged, by event number and by key. */
async function writeUntilGone(daemon: TestDaemon): Promise<{ events: Map<number, string>; keys: string[] }> {
  const events = new Map<number, string>();
  const keys: string[] = [];
  let gone = false;
  const writer = async (lane: number) => {
    for (let at = 0; !gone; at++) {
      const key = `${lane}-${at}`;
      try {
        if ((await daemon.call('cache_put', { ns: 'fault', key, value: key })).status === 200) keys.push(key);
        const sent = await daemon.call('publish', { topic: 'fault', data: key });
        if (sent.status === 200) events.set(sent.body.seq, key);
      } catch {
        gone = true;
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, lane) => writer(lane)));
  return { events, keys };
}

// Not the first pass: by then something has been written on a slow machine, too.
for (const [what, failpoint] of [
  ['an exception that nobody catches', 'lifecycle.tick=throw@3'],
  ['a rejection that nobody handles', 'supervised.again=throw@6'],
] as const)
  test(`${what} ends the daemon as a failure, with its stack in the log and every acknowledged write kept`, async () => {
    const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: failpoint } });
    const { events, keys } = await writeUntilGone(daemon);
    // Not 0, so that a service manager starts it again.
    expect(await daemon.ended()).toBe(1);
    const uncaught = daemon
      .log()
      .split('\n')
      .find((line) => line.includes('"msg":"uncaught"'));
    expect(uncaught && JSON.parse(uncaught)).toMatchObject({
      level: 'error',
      error: expect.stringMatching(new RegExp(`failpoint ${failpoint.replace(/=.*/, '').replace('.', '\\.')}\\n\\s+at `)),
    });
    expect(keys.length).toBeGreaterThan(10);

    await daemon.restart({});
    const { body: batch } = await daemon.call('cache_batch', { ops: keys.slice(-1000).map((key) => ({ op: 'get', ns: 'fault', key })) });
    expect(batch.results.map((each: { value: string }) => each.value)).toEqual(keys.slice(-1000));
    const { body: sent } = await daemon.call('publish', { topic: 'after', data: null });
    expect(sent.seq).toBeGreaterThan(Math.max(...events.keys()));
    const { body: doctor } = await daemon.call('doctor');
    expect(doctor.checks.filter((check: { status: string }) => check.status === 'fail')).toEqual([]);
  });
