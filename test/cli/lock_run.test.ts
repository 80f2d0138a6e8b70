import { beforeAll, describe, expect, test } from 'bun:test';
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identify } from '../../src/kernel/process';
import { cleanEnv, startDaemon, tempHome, ZD, type TestDaemon } from '../helper/daemon';
import { gone, lockCalls, sleeper } from '../helper/locks';
import { until } from '../helper/until';

let daemon: TestDaemon;
let folder: string;
beforeAll(async () => {
  daemon = await startDaemon();
  folder = mkdtempSync(join(daemon.home, 'cli-'));
});
const { call, granted, refused, waiting } = lockCalls(() => daemon);
const zd = (...args: string[]) => daemon.zd('lock', ...args);
const held = async (name: string) => (await call('wait_info', { name })).body.held as boolean;

/** `zd lock ARGS` that goes on in the background. */
const started = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  Bun.spawn([...ZD, 'lock', ...args], { env: cleanEnv(daemon.home, env), cwd: folder, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });

/** A command that says its pid in a file and stays until another file is there. */
function staying(name: string, after = 'exit 0') {
  const [pidFile, goFile] = [join(folder, `${name}.pid`), join(folder, `${name}.go`)];
  const script = `echo $$ > ${pidFile}.new && mv ${pidFile}.new ${pidFile}; while [ ! -e ${goFile} ]; do sleep 0.01; done; ${after}`;
  return {
    command: ['sh', '-c', script],
    pid: () => until('the command runs', () => existsSync(pidFile) && Number(readFileSync(pidFile, 'utf8'))),
    ran: () => existsSync(pidFile),
    go: () => writeFileSync(goFile, ''),
  };
}

describe('lock run', () => {
  test('holds while the command runs, tells it the number, returns its code and lets go', async () => {
    const stays = staying('runs', 'echo "$ZD_LOCK_NAME $ZD_LOCK_FENCE $ZD_LOCK_TOKEN"; exit 7');
    const run = started(['run', 'runs', '--', ...stays.command]);
    const pid = await stays.pid();
    const [holder] = (await call('wait_info', { name: 'runs' })).body.holders;
    expect(holder).toMatchObject({ holder_pid: pid, owner: 'sh', expires_at_ns: null });
    expect(await refused('try_acquire', { name: 'runs' })).toEqual([409, 'busy']);
    stays.go();
    expect(await run.exited).toBe(7);
    const [name, fence, token] = (await run.stdout.text()).trim().split(' ');
    expect([name, fence]).toEqual(['runs', String(holder.fence)]);
    expect(token).toHaveLength(32);
    // Free at the moment it returns, not when somebody looks.
    expect(await held('runs')).toBe(false);
    expect(await run.stderr.text()).toBe('');
  });

  test('the command keeps the lock when zd is killed, until it ends itself', async () => {
    const stays = staying('orphan');
    const run = started(['run', 'orphan', '--', ...stays.command]);
    await stays.pid();
    await gone(run);
    expect(await refused('try_acquire', { name: 'orphan' })).toEqual([409, 'busy']);
    const next = granted('acquire', { name: 'orphan', timeout_secs: 60 });
    await waiting('orphan', 1);
    stays.go();
    await next;
  });

  test('zd killed while it waits: the command never runs', async () => {
    const { token } = await granted('acquire', { name: 'never', ttl_secs: 600 });
    const stays = staying('never');
    const run = started(['run', 'never', '--', ...stays.command]);
    await waiting('never', 1);
    const [{ holder_pid }] = (await call('wait_info', { name: 'never' })).body.waiters;
    await gone(run);
    await waiting('never', 0);
    await until('its gate has closed', () => identify(holder_pid) === null);
    await granted('release', { name: 'never', token });
    expect(await held('never')).toBe(false);
    expect(stays.ran()).toBe(false);
  });

  test('signals reach the command', async () => {
    for (const [signal, code] of [
      ['SIGTERM', 3],
      ['SIGINT', 3],
      ['SIGUSR1', 3],
    ] as const) {
      const stays = staying(signal, 'exit 9');
      const [shell, flag, script] = stays.command;
      const run = started(['run', signal, '--', shell!, flag!, `trap 'exit ${code}' ${signal.slice(3)}; ${script}`]);
      await stays.pid();
      run.kill(signal);
      expect([signal, await run.exited]).toEqual([signal, code]);
      expect(await held(signal)).toBe(false);
    }
  });

  test('a signal while it waits ends the wait', async () => {
    await granted('acquire', { name: 'interrupted', ttl_secs: 600 });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const run = started(['run', 'interrupted', '--', 'true']);
      await waiting('interrupted', 1);
      run.kill(signal);
      expect(await run.exited).toBe(130);
      await waiting('interrupted', 0);
    }
  });

  test('exit codes are those of shells, and of zd where the command did not run', async () => {
    expect((await zd('run', 'codes', '--', 'sh', '-c', 'kill -9 $$')).code).toBe(137);
    expect(await zd('run', 'codes', '--', 'no-such-command')).toEqual({
      code: 127,
      stdout: '',
      stderr: 'zd: there is no command "no-such-command"\n',
    });
    const file = join(folder, 'not-executable');
    writeFileSync(file, '', { mode: 0o600 });
    expect((await zd('run', 'codes', '--', './no-such-file')).code).toBe(127);
    // Root may read what nobody may execute, but not execute it.
    expect((await zd('run', 'codes', '--', file)).code).toBe(126);
    await granted('acquire', { name: 'taken', owner: 'me', ttl_secs: 600 });
    expect(await zd('run', 'taken', '--timeout', '0', '--', 'true')).toMatchObject({ code: 6, stderr: expect.stringContaining('is held by "me"') });
    expect((await zd('run', 'taken', '--timeout', '0.05', '--', 'true')).code).toBe(124);
    expect((await zd('run', 'taken')).code).toBe(2);
    expect((await zd('run', 'taken', '--shared', '--slots', '2', '--', 'true')).code).toBe(2);
    expect(await Bun.spawn([...ZD, 'lock', 'run', 'x', '--', 'true'], { env: cleanEnv(tempHome()), stderr: 'ignore' }).exited).toBe(3);
  });

  test('input, output, arguments and environment pass through as they are', async () => {
    const words = ['a b', '', '$HOME', '`x`', '-n', "it's", '*', 'line\nbreak'];
    const run = Bun.spawn([...ZD, 'lock', 'run', 'through', '--', 'sh', '-c', 'cat; printf "[%s]" "$@"', 'sh', ...words], {
      env: cleanEnv(daemon.home),
      stdin: new Blob(['from stdin;']),
      stdout: 'pipe',
    });
    expect(await run.stdout.text()).toBe(`from stdin;${words.map((word) => `[${word}]`).join('')}`);
    expect(await run.exited).toBe(0);
    // A name no shell could have made, and names a shell might use itself.
    const given = cleanEnv(daemon.home, { 'odd-name%%': '() { odd; }', names: 'mine', line: 'two\nlines' });
    const listed = Bun.spawn([...ZD, 'lock', 'run', 'through', '--', 'env', '-0'], { env: given, cwd: folder, stdout: 'pipe' });
    const seen = (await listed.stdout.text()).split('\0').filter((each) => each !== '' && !/^(ZD_LOCK_|PWD=|OLDPWD=|_=)/.test(each));
    expect(seen.toSorted()).toEqual(
      Object.entries(given)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted(),
    );
  });

  test('semaphores and shared locks', async () => {
    const [first, second] = [staying('slot1'), staying('slot2')];
    const runs = [first, second].map((each) => started(['run', 'pool', '--slots', '2', '--', ...each.command]));
    await Promise.all([first.pid(), second.pid()]);
    expect((await zd('run', 'pool', '--slots', '2', '--timeout', '0', '--', 'true')).code).toBe(6);
    first.go();
    second.go();
    expect(await Promise.all(runs.map((run) => run.exited))).toEqual([0, 0]);
    await granted('acquire', { name: 'read', shared: true, ttl_secs: 600 });
    expect((await zd('run', 'read', '--shared', '--', 'true')).code).toBe(0);
  });

  test('a lock that was broken meanwhile is told of, and the code stays', async () => {
    const stays = staying('broken', 'exit 5');
    const run = started(['run', 'broken', '--', ...stays.command]);
    await stays.pid();
    expect(await zd('break', 'broken')).toEqual({ code: 0, stdout: '1\n', stderr: '' });
    stays.go();
    expect(await run.exited).toBe(5);
    expect(await run.stderr.text()).toBe('zd: the lock was lost while the command ran (broken)\n');
  });
});

test('a wait goes on over a restart of the daemon, killed or stopped', async () => {
  const own = await startDaemon();
  const locks = lockCalls(() => own);
  const { token } = await locks.granted('acquire', { name: 'over', ttl_secs: 600 });
  const marker = join(folder, 'over');
  const run = Bun.spawn([...ZD, 'lock', 'run', 'over', '--', 'touch', marker], { env: cleanEnv(own.home), stderr: 'pipe' });
  await locks.waiting('over', 1);
  await own.kill();
  await own.start();
  await locks.waiting('over', 1);
  await own.restart();
  await locks.waiting('over', 1);
  expect(existsSync(marker)).toBe(false);
  await locks.granted('release', { name: 'over', token });
  expect(await run.exited).toBe(0);
  expect(existsSync(marker)).toBe(true);
  expect(await run.stderr.text()).toBe('zd: the daemon went away; waiting for it\n');
});

test('acquire binds to whoever runs zd; the token releases', async () => {
  const shell = Bun.spawn(['sh', '-c', '"$@"; cat', 'sh', ...ZD, 'lock', 'acquire', 'shell', '--owner', 'the shell'], {
    env: cleanEnv(daemon.home),
    stdin: 'pipe',
    stdout: 'pipe',
  });
  await until('it is held', () => held('shell'));
  expect((await call('wait_info', { name: 'shell' })).body.holders).toMatchObject([{ holder_pid: shell.pid, owner: 'the shell' }]);
  expect((await zd('try', 'shell')).code).toBe(6);
  expect((await zd('acquire', 'shell', '--timeout', '0.05')).code).toBe(124);
  shell.stdin.end();
  const token = (await shell.stdout.text()).trim();
  await shell.exited;
  const other = sleeper();
  const next = await zd('acquire', 'shell', '--pid', String(other.pid));
  expect(next).toMatchObject({ code: 0, stderr: '' });
  expect((await zd('release', 'shell', token)).code).toBe(5);
  const rows = (await zd('list', 'shell')).stdout.trim().split('\t');
  expect(rows.slice(0, 4)).toEqual(['shell', '', String(other.pid), 'true']);
  expect(await zd('release', 'shell', next.stdout.trim())).toEqual({ code: 0, stdout: 'true\n', stderr: '' });
  expect((await zd('renew', 'shell', next.stdout.trim())).code).toBe(6);
  const leased = await zd('try', 'shell', '--pid', '0', '--ttl', '30', '--json');
  expect(JSON.parse(leased.stdout)).toMatchObject({ ok: true, holder_pid: 0, expires_at_ns: expect.any(Number) });
  await gone(other);
});
