import { afterAll, beforeEach, expect, test } from 'bun:test';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { resolvePaths } from '../../src/daemon/paths';
import { installService, restartService, serviceState, startService, stopService, uninstallService } from '../../src/service/install';
import { FakeLaunchd } from './fake_launchd';

const { uid } = userInfo();
const root = mkdtempSync('/tmp/zd-');
afterAll(() => rmSync(root, { recursive: true, force: true }));

let HOME: string;
let count = 0;
beforeEach(() => {
  HOME = join(root, `home ${count++}`);
  mkdirSync(HOME);
});

const on = (launchd: FakeLaunchd, argv: readonly string[] = [process.execPath]) => {
  const env = { HOME };
  const paths = resolvePaths(env);
  const options = {
    platform: 'darwin',
    run: launchd.run,
    program: { argv, env: {}, logFile: paths.logFile },
    answers: async () => launchd.pid('dev.zd.daemon'),
  };
  let stopped = 0;
  return {
    paths,
    stopped: () => stopped,
    state: () => serviceState(paths, env, options),
    install: () => installService(paths, env, async () => void (stopped += 1), options),
    uninstall: () => uninstallService(paths, env, options),
    start: () => startService(paths, env, options),
    stop: () => stopService(paths, env, options),
    restart: () => restartService(paths, env, options),
  };
};
const screen = () => new FakeLaunchd([`gui/${uid}`, `user/${uid}`]);

test('install writes the agent, loads it and runs it; uninstall leaves nothing but data', async () => {
  const zd = on(screen());
  expect(await zd.state()).toMatchObject({ manager: 'launchd', installed: false, reachable: null, command: null });
  const state = await zd.install();
  const path = join(HOME, 'Library/LaunchAgents/dev.zd.daemon.plist');
  expect(state).toMatchObject({
    installed: true,
    reachable: true,
    enabled: true,
    active: true,
    state: 'running',
    pid: 100,
    unit_path: path,
    command: [process.execPath],
    stale: false,
  });
  expect(statSync(path).mode & 0o777).toBe(0o644);
  const errorLog = join(zd.paths.stateDir, 'launchd.log');
  expect([statSync(errorLog).mode & 0o777, statSync(dirname(errorLog)).mode & 0o777]).toEqual([0o600, 0o700]);
  expect(zd.stopped()).toBe(1);
  expect(await zd.uninstall()).toBe(true);
  expect(await zd.state()).toMatchObject({ installed: false });
  expect([existsSync(path), existsSync(errorLog)]).toEqual([false, true]);
  expect(await zd.uninstall()).toBe(false);
});

test('stop waits until the agent is gone, so that a start right after it works', async () => {
  const zd = on(screen());
  await zd.install();
  await zd.stop();
  expect(await zd.state()).toMatchObject({ installed: true, active: false, pid: null, state: 'not loaded' });
  await zd.start();
  expect(await zd.state()).toMatchObject({ active: true, pid: 101 });
  await zd.restart();
  expect(await zd.state()).toMatchObject({ active: true, pid: 102 });
});

test('start also starts a loaded agent that has ended', async () => {
  const launchd = screen();
  const zd = on(launchd);
  await zd.install();
  launchd.end('dev.zd.daemon');
  expect(await zd.state()).toMatchObject({ active: false, state: 'not running' });
  await zd.start();
  expect(await zd.state()).toMatchObject({ active: true, pid: 101 });
});

test('one that ended badly is told from one that ended', async () => {
  const launchd = screen();
  const zd = on(launchd);
  await zd.install();
  launchd.end('dev.zd.daemon');
  expect(await zd.state()).toMatchObject({ active: false, restarting: false });
  launchd.crash('dev.zd.daemon');
  expect(await zd.state()).toMatchObject({ active: false, restarting: true });
  await zd.stop();
  expect(await zd.state()).toMatchObject({ active: false, restarting: false });
});

test('installing again over a running agent replaces it and stops nothing else', async () => {
  const launchd = screen();
  await on(launchd, [process.execPath, '/gone/main.ts']).install();
  const zd = on(launchd);
  expect(await zd.state()).toMatchObject({ stale: true, command: [process.execPath, '/gone/main.ts'] });
  expect(await zd.install()).toMatchObject({ stale: false, active: true, pid: 101 });
  expect(zd.stopped()).toBe(0);
});

test('a daemon that ends right after its start is reported at once', async () => {
  const launchd = screen();
  launchd.refuses = true;
  const zd = on(launchd);
  await expect(zd.install()).rejects.toMatchObject({ code: 'service_failed', message: expect.stringContaining('ended right after its start') });
  launchd.refuses = false;
  await zd.start();
  expect(await zd.state()).toMatchObject({ active: true });
});

test('without a screen the agent goes to the background session', async () => {
  const launchd = new FakeLaunchd([`user/${uid}`]);
  const zd = on(launchd);
  await zd.install();
  expect(launchd.calls).toContainEqual(['launchctl', 'bootstrap', `user/${uid}`, join(HOME, 'Library/LaunchAgents/dev.zd.daemon.plist')]);
  expect(readFileSync((await zd.state()).unit_path, 'utf8')).toContain('<string>Background</string>');
});

test('where launchd does not answer nothing is written', async () => {
  const zd = on(new FakeLaunchd([]));
  await expect(zd.install()).rejects.toMatchObject({ code: 'no_service_manager' });
  expect(existsSync(join(HOME, 'Library'))).toBe(false);
});

test('an agent of somebody else is never touched', async () => {
  const zd = on(screen());
  const path = join(HOME, 'Library/LaunchAgents/dev.zd.daemon.plist');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '<plist/>');
  await expect(zd.install()).rejects.toMatchObject({ code: 'conflict' });
  await expect(zd.uninstall()).rejects.toMatchObject({ code: 'conflict' });
  expect(readFileSync(path, 'utf8')).toBe('<plist/>');
  expect(zd.stopped()).toBe(0);
});

test('an agent that was switched off is said to be, and installing switches it on', async () => {
  const launchd = screen();
  const zd = on(launchd);
  await zd.install();
  launchd.disabled.add('dev.zd.daemon');
  expect(await zd.state()).toMatchObject({ enabled: false });
  expect(await zd.install()).toMatchObject({ enabled: true });
});

test('a platform without a manager says so', async () => {
  const paths = resolvePaths({ HOME });
  expect(await serviceState(paths, { HOME }, { platform: 'freebsd' })).toMatchObject({ manager: 'none', installed: false, reachable: false });
  await expect(installService(paths, { HOME }, async () => {}, { platform: 'freebsd' })).rejects.toMatchObject({ code: 'no_service_manager' });
});
