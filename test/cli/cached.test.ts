import { beforeAll, beforeEach, describe, expect, test } from 'bun:test';
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blobFile, bytesOf, sha256 } from '../helper/artifacts';
import { runZd, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
let folder: string;

beforeAll(async () => {
  daemon = await startDaemon({ config: '[artifact]\nmax_ns_bytes = 4000000\ngrace_secs = 0\n' });
});

beforeEach(() => {
  folder = tempHome();
  write('in', 'one');
});

const write = (name: string, text: string | Uint8Array) => writeFileSync(join(folder, name), text);
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
/** How often the command really ran: it adds a line to `runs` each time. */
const runs = () => (existsSync(join(folder, 'runs')) ? read('runs').length : 0);
const cached = (flags: readonly string[], script: string, env: Record<string, string> = {}) =>
  runZd(daemon.home, ['cached', ...flags, '--', 'sh', '-c', `printf x >> runs; ${script}`], { cwd: folder, env });

describe('a replay', () => {
  test('gives stdout, stderr, files and their modes, without running', async () => {
    const script = 'cat in; echo complaint >&2; cp in out; chmod 750 out; printf "\\0\\377" ';
    const first = await cached(['-i', 'in', '-o', 'out'], script);
    rmSync(join(folder, 'out'));
    const second = await cached(['-i', 'in', '-o', 'out'], script);
    expect(second).toEqual(first);
    expect([first.code, first.stderr, runs(), read('out'), statSync(join(folder, 'out')).mode & 0o777]).toEqual([0, 'complaint\n', 1, 'one', 0o750]);
  });

  test('replaces what stands in the place of an output, which is as new as if it had run', async () => {
    await cached(['-i', 'in', '-o', 'out'], 'cp in out');
    write('out', 'changed by hand, longer');
    chmodSync(join(folder, 'out'), 0o400);
    const before = Date.now() - 1000;
    await cached(['-i', 'in', '-o', 'out'], 'cp in out');
    expect([runs(), read('out'), statSync(join(folder, 'out')).mtimeMs > before]).toEqual([1, 'one', true]);
  });

  test('brings back files of any size', async () => {
    const bytes = bytesOf(900_000, 21);
    write('in', bytes);
    await cached(['-i', 'in', '-o', 'out'], 'cp in out');
    rmSync(join(folder, 'out'));
    await cached(['-i', 'in', '-o', 'out'], 'cp in out');
    expect([runs(), sha256(readFileSync(join(folder, 'out')))]).toEqual([1, sha256(bytes)]);
  });

  test('makes the folder an output lies in', async () => {
    const script = 'mkdir -p a/b; echo x > a/b/out';
    await cached(['-o', 'a/b/out'], script);
    rmSync(join(folder, 'a'), { recursive: true });
    await cached(['-o', 'a/b/out'], script);
    expect([runs(), read('a/b/out')]).toEqual([1, 'x\n']);
  });
});

describe('it runs again, and --explain says why, when', () => {
  const why = async (flags: readonly string[], script: string, env?: Record<string, string>) =>
    (await cached([...flags, '--explain'], script, env)).stderr;

  test('it never ran here, or an input, a listed variable or the outputs are others', async () => {
    expect(await why(['-i', 'in'], 'true')).toBe('zd cached: run: this command was not run here before\n');
    expect(await why(['-i', 'in'], 'true')).toMatch(/^zd cached: replayed from .*; that run took \d+ ms\n$/);
    write('in', 'two');
    expect(await why(['-i', 'in'], 'true')).toBe('zd cached: run: input in changed\n');
    expect(await why(['-i', 'in', '-i', 'more'], 'true')).toBe('zd cached: run: input more was not listed before\n');
    write('more', 'x');
    expect(await why(['-i', 'in', '-i', 'more'], 'true')).toBe('zd cached: run: input more is new\n');
    expect(await why(['-i', 'in', '-e', 'MODE'], 'true', { MODE: 'fast' })).toBe(
      'zd cached: run: input more is not listed any more\nzd cached: run: environment variable MODE was not listed before\n',
    );
    expect(await why(['-i', 'in', '-e', 'MODE'], 'true', { MODE: 'slow' })).toBe('zd cached: run: environment variable MODE changed\n');
    expect(await why(['-i', 'in', '-e', 'MODE'], 'true')).toBe('zd cached: run: environment variable MODE is gone\n');
    expect(runs()).toBe(7);
    write('in', 'one');
    expect(await why(['-i', 'in'], 'true', { MODE: 'unlisted' })).toStartWith('zd cached: replayed from ');
  });

  test('a file in a listed folder is another one', async () => {
    await cached([], 'mkdir -p src/deep; echo 1 > src/deep/a');
    const first = await why(['-i', 'src'], 'ls src >/dev/null');
    expect(await why(['-i', 'src'], 'ls src >/dev/null')).toContain('replayed');
    write('src/deep/a', '2');
    expect([first, await why(['-i', 'src'], 'ls src >/dev/null')]).toEqual([
      'zd cached: run: this command was not run here before\n',
      'zd cached: run: input src changed\n',
    ]);
  });

  test('the last run failed: failures are told, not kept', async () => {
    expect((await cached([], 'echo no; exit 7')).code).toBe(7);
    const again = await cached(['--explain'], 'echo no; exit 7');
    expect(again).toEqual({ code: 7, stdout: 'no\n', stderr: 'zd cached: run: the last run ended with 7, and only success is kept\n' });
    expect(runs()).toBe(2);
  });

  test('its result was collected or damaged', async () => {
    await cached(['-i', 'in'], 'echo collected');
    const { entries } = (await daemon.call('artifact_list', { prefix: 'cached/entry/' })).body;
    for (const { name } of entries) await daemon.call('artifact_delete', { name });
    expect(await why(['-i', 'in'], 'echo collected')).toBe('zd cached: run: its result is not in the store any more, or was not kept\n');
    for (const { digest } of (await daemon.call('artifact_list', { prefix: 'cached/entry/' })).body.entries)
      writeFileSync(blobFile(daemon, digest), 'bad');
    expect(await cached(['-i', 'in'], 'echo collected')).toMatchObject({ code: 0, stdout: 'collected\n' });
    expect(runs()).toBe(3);
  });
});

describe('it never fails what it runs', () => {
  const elsewhere = (env: Record<string, string>) =>
    runZd(folder, ['cached', '-i', 'in', '-o', 'out', '--', 'sh', '-c', 'cp in out; echo built; exit 3'], { cwd: folder, env });

  test('because the daemon is down', async () => {
    const { code, stdout, stderr } = await elsewhere({});
    expect([code, stdout, read('out')]).toEqual([3, 'built\n', 'one']);
    expect(stderr).toBe('zd cached: not using the cache: the daemon is not running\n');
  });

  test('because something else answers', async () => {
    const server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('<html>') });
    const { code, stdout, stderr } = await elsewhere({ ZD_URL: server.url.href });
    expect([code, stdout]).toEqual([3, 'built\n']);
    expect(stderr).toStartWith('zd cached: not using the cache: ');
    await server.stop(true);
  });

  test('because an input cannot be read or an output was not made', async () => {
    expect(await cached(['-i', 'nothing', '-o', 'none'], 'echo fine')).toEqual({
      code: 0,
      stdout: 'fine\n',
      stderr: 'zd cached: not kept: it did not make the file none\n',
    });
    expect(await cached(['-i', 'in'], 'echo >> in; echo fine')).toMatchObject({
      code: 0,
      stdout: 'fine\n',
      stderr: 'zd cached: not kept: an input changed while it ran\n',
    });
  });

  test('because the namespace is full: older results make room', async () => {
    for (let at = 0; at < 4; at++) {
      write('in', bytesOf(1_500_000, 30 + at));
      expect(await cached(['-i', 'in', '-o', 'out'], 'cp in out')).toEqual({ code: 0, stdout: '', stderr: '' });
    }
    expect(await cached(['-i', 'in', '-o', 'out'], 'cp in out')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(runs()).toBe(4);
  });

  test('and its code is the one of the command', async () => {
    expect((await cached([], 'kill -TERM $$')).code).toBe(143);
    expect((await runZd(daemon.home, ['cached', '--', 'no-such-command'], { cwd: folder })).code).toBe(127);
    expect((await runZd(daemon.home, ['cached', '--', './in'], { cwd: folder })).code).toBe(126);
    expect((await runZd(daemon.home, ['cached'])).code).toBe(2);
  });
});

test('stdin reaches the command, and its flags are its own', async () => {
  const ran = await runZd(daemon.home, ['cached', '--', 'sh', '-c', 'cat; echo "$@"', 'sh', '--explain', '--help'], {
    cwd: folder,
    stdin: 'typed\n',
  });
  expect(ran).toEqual({ code: 0, stdout: 'typed\n--explain --help\n', stderr: '' });
});

test('no value of the environment is kept in the clear', async () => {
  await cached(['-e', 'SECRET'], 'true', { SECRET: 'hunter2-hunter2' });
  for (const { name } of (await daemon.call('artifact_list', { prefix: 'cached/' })).body.entries) {
    const { body } = await daemon.call('artifact_get', { name });
    if (body.value_base64) expect(Buffer.from(body.value_base64, 'base64').toString()).not.toContain('hunter2');
  }
});
