import { expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { startDaemon } from '../helper/daemon';

/** Two settings, each changed by a writer of its own, so that it is known what each may be. */
const KEYS = ['events.max_count', 'events.dedup_secs'];

test('a persisted setting survives kill -9 from its reply on, and the file is never torn', async () => {
  const daemon = await startDaemon();
  const set = (key: string, value: unknown, persist: boolean) => daemon.call('config_set', { key, value, persist });
  const get = async (key: string) => (await daemon.call('config_get', { key })).body;
  const acknowledged = new Map(KEYS.map((key) => [key, 0]));
  const writer = async (key: string, target: number) => {
    try {
      for (;;) {
        const value = acknowledged.get(key)! + 1;
        if ((await set(key, value, true)).status !== 200) return;
        acknowledged.set(key, value);
        if (KEYS.every((each) => acknowledged.get(each)! >= target)) await daemon.kill();
      }
    } catch {
      // The daemon is gone.
    }
  };
  for (const target of [1, 5, 14, 30, 55]) {
    await set('log.max_files', 2, false);
    await Promise.all(KEYS.map((key) => writer(key, target)));
    await daemon.ended();
    await daemon.restart();
    for (const key of KEYS) {
      const { value, source } = await get(key);
      expect(source).toBe('override');
      // One more than was acknowledged: the change that was under way.
      expect(Number(value)).toBeWithin(acknowledged.get(key)!, acknowledged.get(key)! + 2);
      acknowledged.set(key, Number(value));
    }
    expect(await get('log.max_files')).toMatchObject({ source: 'default' });
  }
  expect((await set(KEYS[0]!, 7, true)).status).toBe(200);
  expect(readdirSync(daemon.home).filter((name) => name.startsWith('overrides'))).toEqual(['overrides.json']);
});
