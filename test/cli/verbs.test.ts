import { beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const zd = (...args: string[]) => daemon.zd(...args);

describe('results', () => {
  test('a pipe gets the essential value, --json exactly the reply of the API', async () => {
    expect(await zd('cache', 'put', 'n', 'k', 'green')).toMatchObject({ code: 0, stderr: '' });
    expect(await zd('cache', 'get', 'n', 'k')).toEqual({ code: 0, stdout: 'green\n', stderr: '' });
    const api = await daemon.fetch('/op/cache_get', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"ns":"n","key":"k"}',
    });
    expect((await zd('cache', 'get', 'n', 'k', '--json')).stdout).toBe(`${await api.text()}\n`);
  });

  test('values keep every character', async () => {
    for (const value of ['', ' ', 'ünï — ☃ 🐚', 'a\nb\t"c"\\', '--flag', '-5', '{"a":1}', 'null']) {
      await zd('cache', 'put', 'chars', 'k', '--', value);
      expect((await zd('cache', 'get', 'chars', 'k')).stdout).toBe(`${value}\n`);
    }
  });

  test('bytes come out as bytes', async () => {
    const bytes = Buffer.from([0, 255, 10, 13, 200]);
    expect((await zd('cache', 'put', 'n', 'bytes', '--base64', bytes.toString('base64'))).code).toBe(0);
    const child = Bun.spawn([...(await import('../helper/daemon')).ZD, 'cache', 'get', 'n', 'bytes'], {
      env: { PATH: process.env.PATH!, ZD_HOME: daemon.home, HOME: daemon.home },
      stdout: 'pipe',
    });
    expect(Buffer.from(await child.stdout.bytes())).toEqual(bytes);
  });

  test('lists are lines, tables are tab-separated, -q is the first column', async () => {
    for (const key of ['b', 'a', 'c d']) await zd('cache', 'put', 'list', key, '1');
    expect((await zd('cache', 'list', 'list')).stdout).toBe('a\nb\nc d\n');
    const rows = (await zd('config', 'list')).stdout
      .trimEnd()
      .split('\n')
      .map((row) => row.split('\t'));
    expect(rows.every((row) => row.length === 3)).toBe(true);
    expect((await zd('config', 'list', '-q')).stdout.trimEnd().split('\n')).toEqual(rows.map(([key]) => key!));
  });

  test('numbers go as numbers, JSON as JSON where the operation says so', async () => {
    expect((await zd('cache', 'incr', 'n', 'count', '5')).stdout).toBe('5\n');
    expect((await zd('cache', 'incr', 'n', 'count', '-7')).stdout).toBe('-2\n');
    expect(JSON.parse((await zd('ping', '{"a":[1]}', '--json')).stdout)).toMatchObject({ ok: true, echo: { a: [1] } });
    expect(JSON.parse((await zd('ping', 'words', '--json')).stdout)).toMatchObject({ echo: 'words' });
  });

  test('call takes JSON from the line or from stdin', async () => {
    const reply = await zd('call', 'ping', '{"echo":1}');
    expect(JSON.parse(reply.stdout)).toMatchObject({ ok: true, pong: true, echo: 1 });
    const piped = await runZd(daemon.home, ['call', 'ping', '-'], { stdin: '{"echo":"from stdin"}' });
    expect(JSON.parse(piped.stdout)).toMatchObject({ echo: 'from stdin' });
  });

  test('a closed pipe ends the command quietly', async () => {
    const { ZD, cleanEnv } = await import('../helper/daemon');
    const child = Bun.spawn(['bash', '-c', 'set -o pipefail; "$@" | true', 'bash', ...ZD, 'completions', 'bash'], {
      env: cleanEnv(daemon.home),
      stdout: 'pipe',
      stderr: 'pipe',
    });
    expect({ code: await child.exited, stderr: await child.stderr.text() }).toEqual({ code: 0, stderr: '' });
  });
});

describe('failures', () => {
  test('say what happened and what to do, with the exit code of the table', async () => {
    expect(await zd('cache', 'get', 'n', 'missing')).toEqual({
      code: 4,
      stdout: '',
      stderr: 'zd: there is no entry "missing" in the namespace "n"\nList what is there, or store it first.\n',
    });
    expect((await zd('cache', 'put', 'n', 'k', 'x', '--if-version', '9007199254740991')).code).toBe(6);
    expect((await zd('config', 'get', 'no.such')).code).toBe(4);
    expect((await zd('call', 'ping', '{"bogus":1}')).code).toBe(2);
    expect(await zd('call', 'pign')).toMatchObject({ code: 4, stderr: 'zd: there is no operation "pign"\nDid you mean "ping"?\n' });
  });

  test('--json prints the failure reply, too', async () => {
    const { code, stdout, stderr } = await zd('--json', 'cache', 'get', 'n', 'missing');
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, code: 'no_such_file' });
    expect(stderr).toStartWith('zd: ');
  });

  test('a wrong command line exits 2 before anything is sent', async () => {
    const home = tempHome();
    for (const args of [
      ['cahce', 'get'],
      ['cache', 'gte'],
      ['cache', 'get', 'n'],
      ['cache', 'get', 'n', 'k', 'x'],
      ['cache', 'put', 'n', 'k', 'v', '--bogus'],
      ['cache', 'put', 'n', 'k', 'v', '--ttl', 'x'],
      ['call', 'ping', '{'],
      ['--bogus'],
      ['completions', 'tcsh'],
      ['ping', '--timeout', 'soon'],
    ]) {
      const { code, stdout, stderr } = await runZd(home, args);
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' });
      expect(stderr).toStartWith('zd: ');
    }
  });

  test('without the daemon every verb says how to start it, at once', async () => {
    const home = tempHome();
    for (const args of [['ping'], ['cache', 'get', 'n', 'k'], ['events'], ['status'], ['open'], ['reload'], ['call', 'ping']]) {
      expect({ args, ...(await runZd(home, args)) }).toEqual({
        args,
        code: 3,
        stdout: '',
        stderr: 'zd: the daemon is not running\nStart it with: zd up\n',
      });
    }
    expect(JSON.parse((await runZd(home, ['ping', '--json'])).stdout)).toMatchObject({ ok: false, code: 'not_running' });
    // A daemon that was killed leaves its address file and its socket.
    const killed = await startDaemon();
    await killed.kill();
    expect((await killed.zd('ping')).code).toBe(3);
  });
});

describe('addresses', () => {
  test('--url and ZD_URL use the token of the home; without it the call is refused', async () => {
    expect((await zd('ping', 'x', '--url', daemon.url, '--json')).code).toBe(0);
    expect((await runZd(daemon.home, ['ping'], { env: { ZD_URL: daemon.url } })).code).toBe(0);
    const stranger = tempHome();
    expect((await runZd(stranger, ['ping', '--url', daemon.url])).code).toBe(5);
    expect((await runZd(stranger, ['ping'], { env: { ZD_URL: daemon.url, ZD_TOKEN: daemon.token } })).code).toBe(0);
    expect((await runZd(stranger, ['ping'], { env: { ZD_URL: daemon.url, ZD_TOKEN: 'wrong' } })).code).toBe(5);
    const file = join(stranger, 'secret');
    writeFileSync(file, `${daemon.token}\n`, { mode: 0o600 });
    expect((await runZd(stranger, ['ping', '--url', daemon.url, '--token-file', file])).code).toBe(0);
    expect((await runZd(stranger, ['ping', '--url', 'http://127.0.0.1:1'])).code).toBe(3);
    expect((await runZd(stranger, ['ping', '--url', 'nonsense'])).code).toBe(2);
  });

  test('--home, ZD_SOCKET and the address the daemon wrote down', async () => {
    const elsewhere = tempHome();
    expect((await runZd(elsewhere, ['ping', '--home', daemon.home])).code).toBe(0);
    expect((await runZd(elsewhere, ['ping'], { env: { ZD_SOCKET: daemon.socket } })).code).toBe(0);
    writeFileSync(join(elsewhere, 'daemon.json'), readFileSync(join(daemon.home, 'daemon.json')));
    expect((await runZd(elsewhere, ['ping'])).code).toBe(0);
  });

  test('--timeout ends a call that gets no answer with 124', async () => {
    const socket = join(tempHome(), 's');
    using silent = Bun.listen({ unix: socket, socket: { data: () => {} } });
    expect(silent.unix).toBe(socket);
    expect(await runZd(daemon.home, ['ping', '--timeout', '0.05'], { env: { ZD_SOCKET: socket } })).toMatchObject({
      code: 124,
      stderr: expect.stringContaining('no answer within 0.05 s'),
    });
  });
});

test('ops lists every operation and shows one, without the daemon', async () => {
  const home = tempHome();
  const { body } = { body: await (await daemon.fetch('/ops')).json() } as { body: { ops: string[] } };
  expect(JSON.parse((await runZd(home, ['ops', '--json'])).stdout)).toEqual(body);
  expect((await runZd(home, ['ops'])).stdout).toContain('cache_put\tcache.write\t');
  expect((await runZd(home, ['ops', 'cache_put'])).stdout).toContain('POST /op/cache_put');
  expect(await runZd(home, ['ops', 'cache_pt'])).toMatchObject({ code: 4, stderr: expect.stringContaining('Did you mean "cache_put"?') });
});
