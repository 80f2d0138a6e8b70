import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { resolvePaths } from '../../src/daemon/paths';
import { serviceState } from '../../src/service/install';
import { homeSuffix } from '../../src/service/program';
import { runner } from '../../src/service/run';
import { renderUnit } from '../../src/service/systemd-unit';
import { ZD } from '../helper/daemon';
import { until } from '../helper/until';

// Run by systemd.test.ts inside a throw-away systemd; each test continues where the one before it ended.
const root = process.env.SERVICE_STORY!;
/** A folder whose name has everything a unit file treats as special. */
const home = join(root, `h "o" 'm' $HOME %n \\e é;#`);
const env = { ...(process.env as Record<string, string>), ZD_HOME: home };
const paths = resolvePaths(env);
const unit = `zd${homeSuffix(paths)}.service`;
const unitFile = join(root, 'config/systemd/user', unit);

const systemctl = (...args: string[]) => runner(env)(['systemctl', '--user', ...args]);
const state = () => serviceState(paths, env);
const record = () => JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as { pid: number };
const health = () =>
  fetch('http://zd/health', { unix: paths.socket }).then(
    (response) => response.ok,
    () => false,
  );
const zd = async (args: readonly string[], extra: Record<string, string> = {}) => {
  const child = Bun.spawn([...ZD, ...args], { env: { ...env, ...extra }, cwd: root, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { code, stdout, stderr };
};
const good = async (...args: string[]) => {
  const ran = await zd(args);
  expect({ args, ...ran }).toEqual({ args, ...ran, code: 0 });
  return ran;
};
const config = (text: string) => writeFileSync(paths.configFile, text, { mode: 0o600 });

beforeAll(() => {
  for (const folder of [home, join(root, 'user'), join(root, 'config')]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  config('[http]\nlisten = "off"\n');
});
afterAll(() => zd(['service', 'uninstall']));

describe('one home', () => {
  let pid = 0;

  test('before it is installed the status says so and what to do', async () => {
    const { code, stdout, stderr } = await zd(['service', 'status']);
    expect(code).toBe(4);
    expect(stdout).toMatch(/^installed +no$/m);
    expect(stderr).toContain('zd service install');
    expect(await zd(['service', 'uninstall'])).toMatchObject({ code: 0 });
  });

  test('install takes over from a daemon that runs without it', async () => {
    await good('up');
    const { pid: before } = record();
    await good('cache', 'put', 'ns', 'key', 'value');
    const { stdout } = await good('service', 'install');
    pid = record().pid;
    expect(pid).not.toBe(before);
    expect(stdout).toContain(`${unit} is installed and runs as pid ${pid}`);
    expect(await health()).toBe(true);
    expect(await state()).toMatchObject({
      installed: true,
      enabled: true,
      active: true,
      pid,
      unit,
      unit_path: unitFile,
      command: [...ZD],
      log: paths.logFile,
    });
    expect(statSync(unitFile).mode & 0o777).toBe(0o644);
    expect((await good('cache', 'get', 'ns', 'key')).stdout).toContain('value');
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`ZD_HOME=${home}`);
  });

  test('the status is for people and for programs', async () => {
    expect((await good('service', 'status')).stdout).toMatch(new RegExp(`^running +yes, pid ${pid}$`, 'm'));
    expect(JSON.parse((await good('service', 'status', '--json')).stdout)).toMatchObject({
      ok: true,
      manager: 'systemd',
      active: true,
      pid,
      stale: false,
      linger: false,
    });
  });

  test('without XDG_RUNTIME_DIR, as in cron, the manager is found all the same', async () => {
    const { code, stdout } = await zd(['service', 'status', '--json'], { XDG_RUNTIME_DIR: '', DBUS_SESSION_BUS_ADDRESS: '' });
    expect({ code, pid: JSON.parse(stdout).pid }).toEqual({ code: 0, pid });
  });

  test('a killed daemon is started again by systemd', async () => {
    process.kill(pid, 'SIGKILL');
    pid = await until('another process answers', async () => {
      const now = (await state()).pid;
      return now !== null && now !== pid && record().pid === now && (await health()) ? now : null;
    });
  });

  test('a reload goes through the daemon, and a bad configuration fails it', async () => {
    expect(await systemctl('reload', unit)).toMatchObject({ code: 0 });
    config('[http]\nlisten = "off"\nno_such_key = 1\n');
    expect((await systemctl('reload', unit)).code).not.toBe(0);
    config('[http]\nlisten = "off"\n');
    expect(await state()).toMatchObject({ active: true, pid });
  });

  test('zd down stops it, and it stays stopped', async () => {
    await good('down');
    expect(await health()).toBe(false);
    expect(await state()).toMatchObject({ installed: true, enabled: true, active: false, state: 'inactive', pid: null });
    expect((await zd(['service', 'status'])).code).toBe(3);
    // A restart that was under way would show as a job or as activating.
    expect((await systemctl('show', unit, '--property=Job', '--value')).stdout.trim()).toBe('');
  });

  test('zd up starts it through systemd, and zd restart keeps it there', async () => {
    await good('up');
    pid = record().pid;
    expect(await state()).toMatchObject({ active: true, pid });
    await good('restart');
    expect(record().pid).not.toBe(pid);
    pid = record().pid;
    expect(await state()).toMatchObject({ active: true, pid });
  });

  test('installing again is harmless', async () => {
    await good('service', 'install');
    pid = record().pid;
    expect(await state()).toMatchObject({ active: true, pid });
  });

  test('a daemon that cannot start is not tried for ever, and a person may try at once', async () => {
    config('nonsense = true\n');
    const { code, stderr } = await zd(['restart']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('zd config check') });
    expect(await state()).toMatchObject({ state: 'failed' });
    expect((await systemctl('show', unit, '--property=NRestarts', '--value')).stdout.trim()).toBe('0');
    config('[http]\nlisten = "off"\n');
    await good('up');
    expect(await state()).toMatchObject({ active: true });
  });

  test('zd down between two tries of systemd ends the tries', async () => {
    await good('down');
    const kept = `${paths.zdDb}.kept`;
    renameSync(paths.zdDb, kept);
    for (const ending of ['-wal', '-shm']) rmSync(paths.zdDb + ending, { force: true });
    writeFileSync(paths.zdDb, 'this is no database, and it is long enough to be taken for one by its size alone', { mode: 0o600 });
    // Longer than any of this takes: the next try must not come in between.
    const dropIn = `${unitFile}.d/slow.conf`;
    mkdirSync(dirname(dropIn), { recursive: true });
    writeFileSync(dropIn, '[Service]\nRestartSec=600\n');
    await systemctl('daemon-reload');
    await systemctl('start', '--no-block', unit);
    await until(
      'systemd waits before the next try',
      async () => (await systemctl('show', unit, '--property=SubState', '--value')).stdout.trim() === 'auto-restart',
    );
    expect((await good('down')).stdout).toBe(`zd is not running, and ${unit} no longer tries to start it\n`);
    expect(await state()).toMatchObject({ active: false, restarting: false, state: 'inactive' });
    rmSync(dirname(dropIn), { recursive: true });
    await systemctl('daemon-reload');
    renameSync(kept, paths.zdDb);
    await good('up');
  });

  test('a unit that starts another program is called stale', async () => {
    const text = readFileSync(unitFile, 'utf8');
    writeFileSync(unitFile, text.replace(/^Command=.*$/m, 'Command=["/opt/old/zd"]'));
    expect(await state()).toMatchObject({ stale: true, command: ['/opt/old/zd'] });
    expect((await good('service', 'status')).stderr).toContain('zd service install');
    writeFileSync(unitFile, text);
  });

  test('uninstall stops and removes it, and leaves the data', async () => {
    await good('service', 'uninstall');
    expect(await health()).toBe(false);
    expect(existsSync(unitFile)).toBe(false);
    expect(existsSync(join(root, 'config/systemd/user/default.target.wants', unit))).toBe(false);
    expect((await systemctl('show', unit, '--property=LoadState', '--value')).stdout.trim()).toBe('not-found');
    expect(existsSync(paths.cacheDb)).toBe(true);
    expect(await state()).toMatchObject({ installed: false, active: false });
    await good('up');
    expect((await good('cache', 'get', 'ns', 'key')).stdout).toContain('value');
    expect(await state()).toMatchObject({ installed: false });
    await good('down');
  });

  test('a unit of somebody else is never touched', async () => {
    writeFileSync(unitFile, '[Service]\nExecStart=/bin/true\n');
    expect(await zd(['service', 'install'])).toMatchObject({ code: 6 });
    expect(await zd(['service', 'uninstall'])).toMatchObject({ code: 6 });
    expect(readFileSync(unitFile, 'utf8')).toBe('[Service]\nExecStart=/bin/true\n');
    await Bun.file(unitFile).delete();
  });
});

test('systemd reads every word of a unit as it was meant', async () => {
  const words = ['$HOME', '${HOME}', '$$', '%n %% %', 'a b', '"q"', "'", '\\', '\\n', ';', '#', '|', '{}', '', 'é', ' x ', '@', '-', '!'];
  const folder = join(root, 'bin $HOME %n {}');
  mkdirSync(folder);
  const binary = join(folder, 'show words');
  const result = join(root, 'words');
  writeFileSync(
    binary,
    `#!/bin/sh\n{ printf '%s\\0' "$@"; printf '%s\\0' "$ZD_HOME"; printf '%s\\0' "\${BUN_OPTIONS-unset}"; } > ${result}.part\nmv ${result}.part ${result}\n`,
    { mode: 0o755 },
  );
  const value = ` ${words.join(' ')}`;
  writeFileSync(
    join(root, 'config/systemd/user/zd-words.service'),
    renderUnit('zd-words.service', { argv: [binary, ...words], env: { ZD_HOME: value }, logFile: '/log' }),
  );
  await systemctl('set-environment', 'BUN_OPTIONS=--version');
  await systemctl('daemon-reload');
  expect(await systemctl('start', 'zd-words.service')).toMatchObject({ code: 0 });
  await until('it has run', () => existsSync(result));
  expect(readFileSync(result, 'utf8').split('\0')).toEqual([...words, '__daemon', value, 'unset', '']);
  await systemctl('unset-environment', 'BUN_OPTIONS');
});
