import { expect, test } from 'bun:test';
import { chmodSync, copyFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, tempHome } from '../helper/daemon';

const RELEASES = readdirSync(import.meta.dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());

/** The files of every release open for ever. Each holds the same few entries and events; a new release adds a folder and changes none. */
for (const { name } of RELEASES) {
  test(`what zd ${name} left behind is there`, async () => {
    const home = tempHome();
    for (const file of ['config.toml', 'zd.db', 'cache.db']) {
      copyFileSync(join(import.meta.dir, name, file), join(home, file));
      chmodSync(join(home, file), 0o600);
    }
    const daemon = await startDaemon({ home });
    const get = async (key: string) => (await daemon.call('cache_get', { ns: 'build', key })).body;
    expect((await get('last')).value).toBe('green');
    expect((await get('json')).value).toEqual({ a: [1, null, 'é'] });
    expect((await get('bytes')).value_base64).toBe('AP8=');
    expect((await daemon.call('cache_incr', { ns: 'build', key: 'n' })).body.value).toBe(42);
    expect((await daemon.call('publish', { topic: 'build.done', data: { n: 3 } })).body.seq).toBe(3);
    for (const [token, op, status] of [
      ['plain-string-token-of-0.1.0', 'ping', 200],
      ['scoped-token-of-0.1.0', 'cache_stats', 200],
      ['scoped-token-of-0.1.0', 'publish', 403],
    ] as const) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      expect((await daemon.tcp(`/op/${op}`, { method: 'POST', headers, body: '{}' })).status).toBe(status);
    }
  });
}
