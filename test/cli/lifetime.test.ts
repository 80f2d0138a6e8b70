import { afterEach, describe, expect, test } from 'bun:test';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, runZd, startDaemon, tempHome, ZD } from '../helper/daemon';
import { until } from '../helper/until';

const homes: string[] = [];

/** A home without TCP, whose daemon is stopped after the test. */
function newHome(config = ''): string {
  const home = tempHome();
  writeFileSync(join(home, 'config.toml'), `[http]\nlisten = "off"\n${config}`, { mode: 0o600 });
  homes.push(home);
  return home;
}

afterEach(async () => {
  await Promise.all(homes.splice(0).map((home) => runZd(home, ['down'])));
});

const recordOf = (home: string) => JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { pid: number };

describe('up and down', () => {
  test('up returns when the daemon answers, down when it is gone', async () => {
    const home = newHome();
    const up = await runZd(home, ['up']);
    expect(up).toMatchObject({ code: 0, stderr: '' });
    expect(up.stdout).toMatch(/^zd \S+ is up \(pid \d+\)\nsocket +\/tmp\//);
    expect((await runZd(home, ['ping', 'x'])).code).toBe(0);
    const { pid } = recordOf(home);
    expect(await runZd(home, ['up'])).toMatchObject({ code: 0, stdout: expect.stringContaining(`is already running (pid ${pid})`) });
    expect((await runZd(home, ['up', '-q'])).stdout).toBe(`${pid}\n`);
    expect(JSON.parse((await runZd(home, ['up', '--json'])).stdout)).toMatchObject({ ok: true, started: false, pid, http: null });
    expect(await runZd(home, ['down'])).toEqual({ code: 0, stdout: `zd stopped (pid ${pid})\n`, stderr: '' });
    expect(existsSync(join(home, 'zd.sock'))).toBe(false);
    expect(await runZd(home, ['down'])).toEqual({ code: 0, stdout: 'zd is not running\n', stderr: '' });
  });

  test('fifty at once start one daemon and all succeed', async () => {
    const home = newHome();
    const all = await Promise.all(Array.from({ length: 50 }, () => runZd(home, ['up', '-q'])));
    expect(all.filter(({ code }) => code !== 0)).toEqual([]);
    expect([...new Set(all.map(({ stdout }) => stdout))]).toEqual([`${recordOf(home).pid}\n`]);
  }, 120_000);

  test('a daemon that was killed is replaced', async () => {
    const home = newHome();
    await runZd(home, ['up']);
    const { pid } = recordOf(home);
    process.kill(pid, 'SIGKILL');
    await until('it is gone', async () => (await runZd(home, ['ping', 'x'])).code === 3);
    expect(await runZd(home, ['down'])).toMatchObject({ code: 0, stdout: 'zd is not running\n' });
    expect((await runZd(home, ['up'])).code).toBe(0);
    expect(recordOf(home).pid).not.toBe(pid);
  });

  test('a failed start says why', async () => {
    const home = newHome('opne = true\n');
    const { code, stdout, stderr } = await runZd(home, ['up']);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain('config.toml:3');
    expect(stderr).toContain('opne');
    writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n');
  });

  test("the daemon does not inherit what would turn it into another program, nor a client's address", async () => {
    const home = newHome();
    expect((await runZd(home, ['up'], { env: { ZD_TOKEN: 'not-for-the-daemon', ZD_URL: 'http://127.0.0.1:1' } })).code).toBe(0);
    if (process.platform === 'linux') {
      const env = readFileSync(`/proc/${recordOf(home).pid}/environ`, 'utf8');
      expect(env).not.toContain('not-for-the-daemon');
      expect(env).toContain(`ZD_HOME=${home}`);
    }
  });

  test('restart brings a new process, also when none ran', async () => {
    const home = newHome();
    expect(await runZd(home, ['restart'])).toMatchObject({ code: 0, stderr: 'zd was not running\n' });
    const { pid } = recordOf(home);
    await runZd(home, ['cache', 'put', 'n', 'k', 'kept']);
    expect((await runZd(home, ['restart'])).code).toBe(0);
    expect(recordOf(home).pid).not.toBe(pid);
    expect((await runZd(home, ['cache', 'get', 'n', 'k'])).stdout).toBe('kept\n');
  });

  test('up --foreground stays, answers and ends with its signal', async () => {
    const home = newHome();
    const child = Bun.spawn([...ZD, 'up', '--foreground'], { env: cleanEnv(home), stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
    expect((await runZd(home, ['wait', '--timeout', '20'])).code).toBe(0);
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  });
});

test('status, wait and reload', async () => {
  const home = newHome();
  expect((await runZd(home, ['status', '--json'])).code).toBe(3);
  expect(await runZd(home, ['wait', '--timeout', '0.05'])).toMatchObject({ code: 124, stderr: expect.stringContaining('zd up') });
  const waiting = runZd(home, ['wait', '--json']);
  await runZd(home, ['up']);
  expect(JSON.parse((await waiting).stdout)).toMatchObject({ ok: true });
  const { pid } = recordOf(home);
  expect((await runZd(home, ['status'])).stdout).toMatch(new RegExp(`^state +running\npid +${pid}\n`));
  expect(JSON.parse((await runZd(home, ['status', '--json'])).stdout)).toMatchObject({ ok: true, pid });
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "127.0.0.1:0"\n[log]\nlevel = "debug"\n');
  expect((await runZd(home, ['reload'])).stdout).toBe('Changed: log.level\nNeeds `zd restart`: http.listen\n');
  writeFileSync(join(home, 'config.toml'), '[log]\nlevel = "loud"\n');
  expect(await runZd(home, ['reload'])).toMatchObject({ code: 2, stderr: expect.stringContaining('config.toml:2') });
  writeFileSync(join(home, 'config.toml'), '[http]\nlisten = "off"\n');
});

test('config show and check need no daemon', async () => {
  const home = newHome('[cache]\nmax_key_bytes = 100\n');
  const show = await runZd(home, ['config', 'show'], { env: { ZD_LOG_LEVEL: 'debug' } });
  expect(show).toMatchObject({ code: 0, stderr: '' });
  expect(show.stdout).toContain('cache.max_key_bytes\t100\tconfig.toml:4\n');
  expect(show.stdout).toContain('log.level\tdebug\tenv ZD_LOG_LEVEL\n');
  expect((await runZd(home, ['config', 'check'])).stdout).toBe(`${join(home, 'config.toml')}: ok\n`);
  expect(JSON.parse((await runZd(home, ['config', 'check', '--json'])).stdout)).toMatchObject({
    ok: true,
    problems: [],
    http_listen: 'off',
    http_token_count: 0,
  });
  const wrong = newHome('[cache]\nmax_key_byte = 100\n[log]\nlevel = 3\n');
  const check = await runZd(wrong, ['config', 'check']);
  expect({ code: check.code, stdout: check.stdout }).toEqual({ code: 2, stdout: '' });
  expect(check.stderr).toMatch(/config\.toml:4: .*\n.*config\.toml:6: /);
  expect(JSON.parse((await runZd(wrong, ['config', 'check', '--json'])).stdout).problems).toHaveLength(2);
  expect((await runZd(wrong, ['config', 'show'])).code).toBe(2);
  writeFileSync(join(wrong, 'config.toml'), '');
});

test('open prints the address, and where the token is but never the token', async () => {
  const daemon = await startDaemon();
  const open = await daemon.zd('open');
  expect(open).toMatchObject({ code: 0, stdout: `${daemon.url}/openapi\n` });
  expect((await daemon.zd('open', '--token')).stdout).toBe(`${join(daemon.home, 'token')}\n`);
  const json = await daemon.zd('open', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ openapi: `${daemon.url}/openapi` });
  for (const { stdout, stderr } of [open, json]) expect(stdout + stderr).not.toContain(daemon.token);
  expect(statSync(join(daemon.home, 'token')).mode & 0o777).toBe(0o600);
});

test('version and doctor', async () => {
  const { version } = (await import('../../package.json')).default;
  const daemon = await startDaemon();
  expect((await daemon.zd('version')).stdout).toBe(`zd ${version}\n`);
  expect((await daemon.zd('--version')).stdout).toBe(`zd ${version}\n`);
  expect(JSON.parse((await daemon.zd('version', '--json')).stdout)).toMatchObject({ ok: true, version, daemon: { version, pid: daemon.pid } });
  expect(JSON.parse((await runZd(tempHome(), ['version', '--json'])).stdout)).toMatchObject({ ok: true, daemon: null });
  const doctor = await daemon.zd('doctor');
  expect(doctor.stdout).toMatch(/^zd doctor: \d+ passed, 0 failed \(of \d+\)\nok /);
  expect(doctor.code).toBe(0);
});

test('a daemon that dies before it can report is quoted', async () => {
  const home = newHome();
  writeFileSync(join(home, 'zd.db'), 'this is no database, and it is long enough to be taken for one by its size alone');
  const { code, stderr } = await runZd(home, ['up']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^zd: the daemon did not start: .+\nMore may be in .+zd\.log\n$/);
});
