import { expect, test } from 'bun:test';
import { existsSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, tempHome } from '../helper/daemon';

const folder = tempHome();
const file = join(folder, 'all.tar.zst');

test('zd export and zd import, into an empty home, over one that runs, and over one that does not', async () => {
  const daemon = await startDaemon();
  await daemon.call('cache_put', { ns: 'n', key: 'k', value: 'kept' });
  await daemon.call('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'gs', value: 'git status' });
  const made = await daemon.zd('export', file);
  expect([made.code, made.stdout, statSync(file).mode & 0o777]).toEqual([0, '', 0o600]);
  expect(JSON.parse((await daemon.zd('export', join(folder, 'json.tar.zst'), '--json')).stdout)).toMatchObject({
    file: join(folder, 'json.tar.zst'),
  });

  const home = tempHome();
  const empty = await runZd(home, ['import', file]);
  expect([empty.code, empty.stderr]).toEqual([0, expect.stringContaining('restored')]);
  expect([existsSync(join(home, 'zd.db')), readdirSync(home).filter((name) => /unfinished|pending|replaced/.test(name))]).toEqual([true, []]);
  const again = await runZd(home, ['import', file]);
  expect([again.code, again.stderr]).toEqual([6, expect.stringContaining('--replace')]);
  const restored = await startDaemon({ home });
  expect((await restored.call('cache_get', { ns: 'n', key: 'k' })).body.value).toBe('kept');

  await restored.call('cache_put', { ns: 'n', key: 'k', value: 'changed' });
  await restored.stop();
  expect((await runZd(home, ['import', file, '--replace'])).code).toBe(0);
  expect(readdirSync(home).filter((name) => name.startsWith('replaced-')).length).toBe(1);
  await restored.start();
  expect((await restored.call('cache_get', { ns: 'n', key: 'k' })).body.value).toBe('kept');
}, 180_000);

test('over a daemon that runs, which comes back with it', async () => {
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  expect((await runZd(home, ['up'])).code).toBe(0);
  try {
    await runZd(home, ['cache', 'put', 'n', 'k', 'mine']);
    expect((await runZd(home, ['import', file])).code).toBe(6);
    const taken = await runZd(home, ['import', file, '--replace', '--json']);
    expect([taken.code, JSON.parse(taken.stdout)]).toEqual([0, { ok: true, from: file, imported_count: 2, restarted: true }]);
    expect((await runZd(home, ['cache', 'get', 'n', 'k'])).stdout).toBe('kept\n');
  } finally {
    await runZd(home, ['down']);
  }
}, 180_000);

test('a backup that is cut off changes nothing', async () => {
  const cut = join(folder, 'cut.tar.zst');
  writeFileSync(cut, readFileSync(file));
  truncateSync(cut, statSync(file).size - 20);
  const home = tempHome();
  const refused = await runZd(home, ['import', cut]);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('the archive cannot be used')]);
  expect(readdirSync(home).filter((name) => name !== '.bun' && name !== 'lock')).toEqual([]);
  expect((await runZd(home, ['import', join(folder, 'none.tar.zst')])).code).toBe(4);
  expect((await runZd(home, ['export', join(folder, 'x.tar.zst')])).code).toBe(3);
}, 180_000);
