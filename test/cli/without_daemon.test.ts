import { afterEach, describe, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolvePaths } from '../../src/daemon/paths';
import { serviceState } from '../../src/service/install';
import { cleanEnv, runZd, tempHome } from '../helper/daemon';

/** No program of a service manager is found there. */
const NO_MANAGER = { PATH: '/nonexistent' };
const homes: string[] = [];

function newHome(config = '[http]\nlisten = "off"\n'): string {
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), config, { mode: 0o600 });
  homes.push(home);
  return home;
}

afterEach(async () => {
  await Promise.all(homes.splice(0).map((home) => runZd(home, ['down'], { env: NO_MANAGER })));
});

describe('doctor without a daemon', () => {
  test('looks at what can be seen from outside, and still says that none runs', async () => {
    const home = newHome();
    await runZd(home, ['up']);
    await runZd(home, ['down']);
    const { code, stdout, stderr } = await runZd(home, ['doctor']);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^zd doctor: \d+ passed, 0 failed \(of \d+\)\n/);
    for (const name of ['config', 'folder:data', 'token_file', 'db_integrity:zd.db', 'disk_free'])
      expect(stdout).toMatch(new RegExp(`^ok +${name} `, 'm'));
    expect(stdout).toMatch(/^warn +instance_lock +no daemon runs here$/m);
    expect(stderr).toBe('zd: the daemon is not running; these are the checks that need none\nStart it with: zd up\n');
  });

  test('finds why it does not start', async () => {
    const home = newHome('[log]\nlevel = "loud"\n');
    writeFileSync(join(home, 'zd.db'), 'this is no database, and it is long enough to be taken for one by its size alone', { mode: 0o600 });
    const { code, stdout } = await runZd(home, ['doctor', '--json']);
    expect(code).toBe(3);
    const body = JSON.parse(stdout);
    expect(body).toMatchObject({ ok: false, code: 'not_running', hint: 'Start it with: zd up', failed: 2, total: body.checks.length });
    expect(body.passed + body.failed).toBe(body.total);
    const failed = body.checks.filter((each: { ok: boolean }) => !each.ok) as { name: string; remedy: string }[];
    expect(failed.map(({ name }) => name)).toEqual(['config', 'db_integrity:zd.db']);
    for (const { remedy } of failed) expect(remedy).not.toBe('');
    expect((await runZd(home, ['doctor', '-q'])).stdout).toBe('config\ndb_integrity:zd.db\n');
    writeFileSync(join(home, 'config.toml'), '');
  });

  test('says nothing of this machine when another one was asked', async () => {
    const home = newHome();
    const { code, stdout } = await runZd(home, ['doctor'], { env: { ZD_URL: 'http://127.0.0.1:1' } });
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  });
});

test('a command that fails by itself says so as JSON too', async () => {
  const home = newHome();
  const { code, stdout, stderr } = await runZd(home, ['service', 'install', '--json'], { env: NO_MANAGER });
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ ok: false, code: 'no_service_manager', msg: expect.any(String), hint: expect.stringContaining('zd up') });
  expect(stderr).toStartWith('zd: ');
  const wrong = newHome('opne = true\n');
  const show = await runZd(wrong, ['config', 'show', '--json']);
  expect({ code: show.code, body: JSON.parse(show.stdout) }).toMatchObject({
    code: 2,
    body: { ok: false, code: 'bad_value', msg: expect.stringContaining('opne') },
  });
  writeFileSync(join(wrong, 'config.toml'), '');
});

test('up says when an installed service cannot be asked, and starts all the same', async () => {
  const home = newHome();
  const env = cleanEnv(home, NO_MANAGER);
  const service = await serviceState(resolvePaths(env), env);
  mkdirSync(dirname(service.unit_path), { recursive: true });
  writeFileSync(service.unit_path, '[Service]\n');
  const up = await runZd(home, ['up'], { env: NO_MANAGER });
  expect(up).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('is up'),
    stderr: expect.stringContaining(`${service.unit} is installed, but its manager`),
  });
  const { pid } = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8'));
  expect((await runZd(home, ['up', '-q'], { env: NO_MANAGER })).stderr).toBe('');
  expect(await runZd(home, ['down'], { env: NO_MANAGER })).toMatchObject({ code: 0, stdout: `zd stopped (pid ${pid})\n` });
});
