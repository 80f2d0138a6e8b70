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
    expect(body).toMatchObject({
      ok: false,
      code: 'not_running',
      hint: 'Correct what failed, then start it with: zd up',
      failed: 2,
      total: body.checks.length,
    });
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

test('a home that is a file, or too deep for a socket, is refused with the remedy, and doctor finds it too', async () => {
  const parent = newHome();
  const file = join(parent, 'file');
  writeFileSync(file, '');
  const notFolder = `${file} is not a folder`;
  expect(await runZd(file, ['up'], { cwd: parent })).toEqual({
    code: 1,
    stdout: '',
    stderr: `zd: the daemon did not start: ${notFolder}. Remove what is there, or choose another with ZD_HOME\n`,
  });
  const doctor = await runZd(file, ['doctor'], { cwd: parent });
  expect(doctor).toMatchObject({ code: 3, stdout: expect.stringMatching(new RegExp(`^fail +folder:data +${notFolder}$`, 'm')) });
  expect(doctor.stderr).toEndWith('Correct what failed, then start it with: zd up\n');
  const deep = join(parent, 'é'.repeat(60));
  expect(await runZd(deep, ['up'], { cwd: parent })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is \d+ bytes long and the system allows \d+\. Set ZD_HOME/),
  });
  expect((await runZd(deep, ['doctor'], { cwd: parent })).stdout).toMatch(/^fail +socket_path/m);
});

test('a home with blanks, quotes and other scripts in its name is a home', async () => {
  const home = join(newHome(), `ö 'q' "d" 日本 $HOME %n`);
  mkdirSync(home, { mode: 0o700 });
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n', { mode: 0o600 });
  homes.push(home);
  expect(await runZd(home, ['up'])).toMatchObject({ code: 0, stderr: '' });
  expect((await runZd(home, ['cache', 'put', 'n', 'k', 'v'])).code).toBe(0);
  expect((await runZd(home, ['restart', '-q'])).code).toBe(0);
  expect((await runZd(home, ['cache', 'get', 'n', 'k'])).stdout).toBe('v\n');
  expect((await runZd(home, ['doctor'])).code).toBe(0);
  expect(await runZd(home, ['down'])).toMatchObject({ code: 0, stdout: expect.stringContaining('zd stopped') });
});
