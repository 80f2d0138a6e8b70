import { describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, startDaemon, tempHome, ZD, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

const json = (file: string) => JSON.parse(readFileSync(file, 'utf8'));
const quiet = '[http]\nlisten = "off"\n';

/** Starts the daemon's own process and waits for its end. */
async function run(home: string, env: Record<string, string> = {}) {
  const child = Bun.spawn([...ZD, '__daemon'], { env: cleanEnv(home, env), stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
  return { stdout, stderr, code };
}

describe('start', () => {
  test("everything is the user's alone, whatever the umask and the folder were", async () => {
    const home = tempHome();
    chmodSync(home, 0o777);
    writeFileSync(join(home, 'config.toml'), quiet, { mode: 0o600 });
    const umask = process.umask(0);
    const daemon = await startDaemon({ home });
    process.umask(umask);
    expect(lstatSync(home).mode & 0o777).toBe(0o700);
    // Run from source, the runtime keeps a cache of its own in HOME.
    for (const name of readdirSync(home).filter((each) => each !== '.bun'))
      expect([name, lstatSync(join(home, name)).mode & 0o077]).toEqual([name, 0]);
    expect(await daemon.stop()).toBe(0);
  });

  test('says where it is, and takes that back when it stops', async () => {
    const daemon = await startDaemon({ config: quiet });
    const record = json(join(daemon.home, 'daemon.json'));
    expect(record).toMatchObject({ pid: daemon.pid, socket: daemon.socket, tcp: null, open: false });
    expect(record.start_token).toMatch(/\S/);
    expect(await daemon.stop()).toBe(0);
    expect([existsSync(daemon.socket), existsSync(join(daemon.home, 'daemon.json'))]).toEqual([false, false]);
    expect(daemon.log()).toContain('"msg":"stopped","code":0,"reason":"signal"');
  });

  test('a second one for the same home ends at once and well, and says who runs', async () => {
    const daemon = await startDaemon({ config: quiet });
    const second = await run(daemon.home);
    expect(second).toMatchObject({ code: 0, stderr: `another zd is already running (pid ${daemon.pid})\n` });
    expect(JSON.parse(second.stdout)).toEqual({ event: 'already_running', pid: daemon.pid });
    expect((await daemon.call('ping')).status).toBe(200);
  });

  test('after a SIGKILL the next start heals what was left', async () => {
    const daemon = await startDaemon({ config: quiet });
    await daemon.kill();
    expect(existsSync(daemon.socket)).toBe(true);
    await daemon.start();
    expect((await daemon.call('ping')).body.pong).toBe(true);
  });

  test('a configuration that is not valid stops the start with every fault, and no secret', async () => {
    const home = tempHome();
    writeFileSync(join(home, 'config.toml'), '[http]\nopen = 1\n[http.tokens]\nci = { token = "do-not-show-this-one", scopes = ["?"] }\n', {
      mode: 0o600,
    });
    const ended = await run(home);
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain(`${home}/config.toml:2: http.open: 1 is not true or false`);
    expect(ended.stderr).toContain(`${home}/config.toml:4: http.tokens: token "ci"`);
    expect(JSON.parse(ended.stdout).event).toBe('failed');
    expect(ended.stdout + ended.stderr + readFileSync(join(home, 'zd.log'), 'utf8')).not.toContain('do-not-show');
    expect(existsSync(join(home, 'zd.sock'))).toBe(false);
  });

  test('a token that others may read stops the start', async () => {
    const home = tempHome();
    writeFileSync(join(home, 'token'), 'x'.repeat(43), { mode: 0o644 });
    expect(await run(home)).toMatchObject({ code: 1, stderr: expect.stringContaining('Remove it, and a new one is made') });
  });

  test('a folder that is shared or too long for a socket is refused with the remedy', async () => {
    const home = tempHome();
    chmodSync(home, 0o1777);
    expect(await run(home)).toMatchObject({ code: 1, stderr: expect.stringContaining('Choose a folder of its own with ZD_HOME') });
    const long = join(tempHome(), 'x'.repeat(100));
    mkdirSync(long, { mode: 0o700 });
    expect(await run(long)).toMatchObject({ code: 1, stderr: expect.stringMatching(/is \d+ bytes long and the system allows \d+/) });
  });
});

describe('stop', () => {
  /** A request whose body never ends is in flight until somebody ends it. */
  async function unfinished(daemon: TestDaemon) {
    const socket = await Bun.connect({ unix: daemon.socket, socket: { data() {} } });
    socket.write('POST /op/ping HTTP/1.1\r\nhost: zd\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await until('it is in flight', async () => (await daemon.call('info')).body.session_count === 2);
    return socket;
  }

  test('waits for what is in flight no longer than its grace', async () => {
    const daemon = await startDaemon({ config: `${quiet}[shutdown]\ngrace_ms = 100\n` });
    const socket = await unfinished(daemon);
    expect(await daemon.stop()).toBe(0);
    socket.end();
  });

  test('a second signal forces it', async () => {
    const daemon = await startDaemon({ config: `${quiet}[shutdown]\ngrace_ms = 600000\n` });
    const socket = await unfinished(daemon);
    process.kill(daemon.pid, 'SIGTERM');
    await until('it is stopping', () => daemon.log().includes('"msg":"stopping"'));
    process.kill(daemon.pid, 'SIGTERM');
    expect(await daemon.ended()).toBe(1);
    expect(daemon.log()).toContain('a second SIGTERM');
    socket.end();
    await daemon.start();
    expect((await daemon.call('ping')).status).toBe(200);
  });

  test('a daemon whose home was removed ends by itself', async () => {
    const daemon = await startDaemon({ config: quiet });
    rmSync(daemon.home, { recursive: true });
    expect(await daemon.ended()).toBe(1);
    expect(existsSync(daemon.home)).toBe(false);
  });
});

describe('while it runs', () => {
  test('it holds no pipe of the one that started it', async () => {
    const home = tempHome();
    writeFileSync(join(home, 'config.toml'), quiet, { mode: 0o600 });
    const child = Bun.spawn([...ZD, '__daemon'], { env: cleanEnv(home), stdin: 'ignore', stdout: 'pipe', stderr: 'ignore' });
    expect(JSON.parse(await child.stdout.text())).toEqual({ event: 'ready', pid: child.pid, socket: join(home, 'zd.sock'), tcp: null });
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect(await child.exited).toBe(0);
  });

  test('a removed socket file comes back, and a stop still ends well', async () => {
    const daemon = await startDaemon({ config: quiet });
    rmSync(daemon.socket);
    await until(
      'the socket is back and answers',
      async () => existsSync(daemon.socket) && (await daemon.fetch('/health').catch(() => undefined))?.ok,
    );
    expect(lstatSync(daemon.socket).mode & 0o077).toBe(0);
    const { ino } = lstatSync(daemon.socket);
    rmSync(join(daemon.home, 'daemon.json'));
    await until('the address file is back', () => existsSync(join(daemon.home, 'daemon.json')));
    expect(lstatSync(daemon.socket).ino).toBe(ino);
    expect(await daemon.stop()).toBe(0);
  });

  test('SIGHUP reads the configuration again: all or nothing', async () => {
    const daemon = await startDaemon({ config: `${quiet}[log]\nlevel = "info"\n` });
    const file = join(daemon.home, 'config.toml');
    writeFileSync(file, `${quiet}[log]\nlevel = "debug"\nmax_files = 9\n`);
    process.kill(daemon.pid, 'SIGHUP');
    await until('the level is new', async () => (await daemon.call('config_get', { key: 'log.level' })).body.value === 'debug');
    writeFileSync(file, `${quiet}[log]\nlevel = "error"\nmax_files = "many"\n`);
    process.kill(daemon.pid, 'SIGHUP');
    await until('the fault is logged', () => daemon.log().includes('config.toml:5: log.max_files'));
    expect((await daemon.call('config_get', { key: 'log.level' })).body).toMatchObject({ value: 'debug', source: 'config.toml:4' });
  });

  test('restart hands over to a new process when the old one has let go', async () => {
    const daemon = await startDaemon({ config: quiet });
    const { body } = await daemon.call('daemon', { verb: 'restart' });
    expect(body).toMatchObject({ ok: true, restarting: true, old_pid: daemon.pid, new_pid: null });
    expect(await daemon.ended()).toBe(0);
    const record = await until('another process answers', async () => {
      const found = existsSync(join(daemon.home, 'daemon.json')) ? json(join(daemon.home, 'daemon.json')) : undefined;
      return found && found.pid !== body.old_pid && (await daemon.fetch('/health').catch(() => undefined))?.ok ? found : undefined;
    });
    await daemon.call('daemon', { verb: 'stop' });
    await until('it is gone', () => !existsSync(`/proc/${record.pid}`) && !existsSync(daemon.socket));
  });

  test('under a service manager a restart is left to it', async () => {
    const home = tempHome();
    writeFileSync(join(home, 'config.toml'), quiet, { mode: 0o600 });
    const shell = Bun.spawn(['sh', '-c', 'SYSTEMD_EXEC_PID=$$ exec "$@"', 'sh', ...ZD, '__daemon'], {
      env: cleanEnv(home),
      stdout: 'ignore',
      stderr: 'ignore',
    });
    await until('it listens', () => existsSync(join(home, 'daemon.json')));
    await fetch('http://localhost/op/daemon', {
      unix: join(home, 'zd.sock'),
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"verb":"restart"}',
    });
    expect(await shell.exited).toBe(75);
    expect(existsSync(join(home, 'daemon.json'))).toBe(false);
  });
});
