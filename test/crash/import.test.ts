import { expect, test } from 'bun:test';
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanEnv, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';

const folder = tempHome();
const file = join(folder, 'all.tar.zst');

/** What tells the two states apart, in each of the places that are replaced. */
async function state(daemon: TestDaemon) {
  const one = async (op: string, input: object) => (await daemon.call(op, input)).body;
  return [
    (await one('cache_get', { ns: 'n', key: 'k' })).value,
    (await one('definitions_query', { name: 'gs' })).records[0]?.value,
    (await one('snapshot_list', {})).snapshots.map(({ tag }: { tag: string }) => tag),
    await (await daemon.fetch('/artifact/a')).text(),
    (await one('config_get', { key: 'log.level' })).value,
  ];
}

async function fill(daemon: TestDaemon, text: string): Promise<void> {
  await daemon.call('cache_put', { ns: 'n', key: 'k', value: text });
  await daemon.call('definitions_emit', { shell_id: 'zsh', kind: 'alias', name: 'gs', value: text });
  await daemon.call('snapshot_save', { tag: text });
  await daemon.fetch('/artifact/a', { method: 'PUT', body: text });
  await daemon.call('config_set', { key: 'log.level', value: text === 'old' ? 'warn' : 'error', persist: true });
}

/** A start that does not come to its end. */
async function killedAtStart(home: string, failpoint: string) {
  const main = resolve(import.meta.dir, '../../src/main.ts');
  const env = cleanEnv(home, { ZD_FAILPOINTS: failpoint });
  const child = Bun.spawn([process.execPath, main, '__daemon'], { env, cwd: home, stdin: 'ignore', stdout: 'ignore', stderr: 'ignore' });
  await child.exited;
  return child.signalCode;
}

const OLD = ['old', 'old', ['old'], 'old', 'warn'];
const NEW = ['new', 'new', ['new'], 'new', 'error'];
const left = (daemon: TestDaemon) => readdirSync(daemon.home).filter((name) => /^(\.unfinished|import)/.test(name));

test('killed while a backup is put in place, the next start goes on; killed before, everything is as it was', async () => {
  const source = await startDaemon({ source: true });
  await fill(source, 'new');
  writeFileSync(file, new Uint8Array(await (await source.fetch('/export/all')).arrayBuffer()));
  const daemon = await startDaemon({ source: true });
  await fill(daemon, 'old');

  // Checked, and not yet known as pending.
  await daemon.restart({ ZD_FAILPOINTS: 'import.checked=kill' });
  await daemon.call('import_all', { path: file, force: true }).catch(() => undefined);
  await daemon.ended();
  await daemon.restart({});
  expect([await state(daemon), left(daemon)]).toEqual([OLD, []]);

  // After the step of each thing that is replaced: the databases, artifacts, snapshots, keys.
  for (const step of [1, 5, 9, 11, 12]) {
    expect((await daemon.call('import_all', { path: file, force: true })).status).toBe(200);
    await daemon.stop();
    expect(await killedAtStart(daemon.home, `import.between=kill@${step}`)).toBe('SIGKILL');
    await daemon.restart({});
    expect([step, await state(daemon), left(daemon)]).toEqual([step, NEW, []]);
    await fill(daemon, 'old');
    await daemon.call('snapshot_delete', { tag: 'new' });
    expect(await state(daemon)).toEqual(OLD);
  }
  expect(readdirSync(daemon.home).filter((name) => name.startsWith('replaced-')).length).toBeLessThanOrEqual(3);
}, 120_000);

test('killed while a backup is made or a snapshot written, nothing of it stays', async () => {
  const daemon = await startDaemon({ source: true, env: { ZD_FAILPOINTS: 'backup.copied=kill' } });
  await daemon.fetch('/export/all').catch(() => undefined);
  await daemon.ended();
  expect(left(daemon).length).toBe(1);
  await daemon.restart({ ZD_FAILPOINTS: 'durable.before_rename=kill' });
  expect(left(daemon)).toEqual([]);
  await daemon.call('snapshot_save', { tag: 's' }).catch(() => undefined);
  await daemon.ended();
  await daemon.restart({ ZD_FAILPOINTS: 'durable.after_rename=kill' });
  expect((await daemon.call('snapshot_list')).body.count).toBe(0);
  await daemon.call('snapshot_save', { tag: 's' }).catch(() => undefined);
  await daemon.ended();
  await daemon.restart({});
  expect((await daemon.call('snapshot_load', { tag: 's' })).status).toBe(200);
  expect(readdirSync(join(daemon.home, 'snapshots'))).toEqual(['s.jsonl.zst']);
}, 180_000);
