import { beforeAll, beforeEach, expect, test } from 'bun:test';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { cleanEnv, startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';
import { folderIn } from '../helper/watch';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const watches = async (): Promise<number> => (await daemon.call('watcher_stats')).body.subscriptions;
// One that ended may not be gone yet, and would be counted for the next.
beforeEach(() => until('nothing is watched', async () => (await watches()) === 0));

/** Runs `zd watch …` in a folder and resolves once the daemon has its watch. */
async function watch(cwd: string, ...args: string[]) {
  const before = await watches();
  const child = Bun.spawn([...ZD, 'watch', ...args], { env: cleanEnv(daemon.home), cwd, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const texts = { stdout: '', stderr: '' };
  const read = (['stdout', 'stderr'] as const).map(async (name) => {
    for await (const chunk of child[name]) texts[name] += new TextDecoder().decode(chunk);
  });
  await until('the watch is there', async () => (await watches()) > before);
  const end = async () => {
    const code = await child.exited;
    await Promise.all(read);
    return { code, ...texts };
  };
  return { child, end, texts };
}

test('a relative folder with a blank in its name; each change is a line, a rename has both names', async () => {
  const dir = folderIn(daemon);
  mkdirSync(`${dir}/a b`);
  writeFileSync(`${dir}/a b/one`, '');
  const heard = await watch(dir, 'a b', '--debounce', '20', '-n', '2');
  renameSync(`${dir}/a b/one`, `${dir}/a b/two & three`);
  await until('the first line', () => heard.texts.stdout.includes('\n'));
  rmSync(`${dir}/a b/two & three`);
  const { code, stdout } = await heard.end();
  expect(code).toBe(0);
  const lines = stdout.trimEnd().split('\n');
  expect(lines.map((line) => line.replace(/^\d\d:\d\d:\d\d /, ''))).toEqual([
    `rename ${dir}/a b/one -> ${dir}/a b/two & three`,
    `delete ${dir}/a b/two & three`,
  ]);
});

test('--json is the frame as the API has it, -q the path alone', async () => {
  const dir = folderIn(daemon);
  const [json, quiet] = [await watch(dir, '.', '--json', '-n', '1'), await watch(dir, '.', '-q', '-n', '1')];
  writeFileSync(`${dir}/x`, '');
  expect(JSON.parse((await json.end()).stdout)).toMatchObject({ event: 'fs', id: expect.any(String), data: { kind: 'create', path: `${dir}/x` } });
  expect((await quiet.end()).stdout).toBe(`${dir}/x\n`);
});

test('--exec runs the words as they are, with the event in variables and on stdin, and gives back the exit code', async () => {
  const dir = folderIn(daemon);
  const script = 'cat > "$1"; printf "%s|%s|%s|%s" "$ZD_EVENT" "$ZD_EVENT_KIND" "$ZD_EVENT_PATH" "$ZD_EVENT_IS_DIR" >> "$1"; exit 7';
  const heard = await watch(dir, '.', '--include', '*$(x)*', '-n', '1', '--exec', '--', 'sh', '-c', script, '--json', `${dir}/out`);
  writeFileSync(`${dir}/$(x); 'y'`, '');
  expect(await heard.end()).toMatchObject({ code: 7, stdout: '' });
  const [json, variables] = readFileSync(`${dir}/out`, 'utf8').split('\n');
  expect(JSON.parse(json!)).toMatchObject({ kind: 'create', path: `${dir}/$(x); 'y'` });
  expect(variables).toBe(`fs|create|${dir}/$(x); 'y'|false`);
});

test('events take --exec too; a command that cannot be run ends it with 127', async () => {
  const dir = folderIn(daemon);
  const child = Bun.spawn([...ZD, 'events', '*.exec.*', '-n', '1', '--exec', 'sh', '-c', `printf %s "$ZD_EVENT_TOPIC:$ZD_EVENT_DATA" > ${dir}/out`], {
    env: cleanEnv(daemon.home),
    stdin: 'ignore',
  });
  await until('the stream is open', async () => (await daemon.call('metrics')).body.active_subscriptions > 0);
  await daemon.call('publish', { topic: 'exec.now', data: 'text $HOME' });
  expect(await child.exited).toBe(0);
  expect(readFileSync(`${dir}/out`, 'utf8')).toBe('exec.now:text $HOME');
  const heard = await watch(dir, '.', '--exec', `${dir}/no-such-program`);
  writeFileSync(`${dir}/x`, '');
  expect(await heard.end()).toMatchObject({ code: 127, stderr: expect.stringContaining('cannot be run') });
});

test('--exec without a command, and a path that cannot be, are refused', async () => {
  expect(await daemon.zd('watch', '/tmp', '--exec')).toMatchObject({ code: 2, stderr: expect.stringContaining('--exec needs a command') });
  expect((await daemon.zd('watch', '/tmp', '--include', '[')).code).toBe(2);
  expect((await daemon.zd('watch')).code).toBe(2);
  // Cut off before it learned of its watch, it leaves one behind until its lease is over.
  const own = await startDaemon();
  expect((await own.zd('watch', '/tmp', '--timeout', '0.2')).code).toBe(124);
});

test('a restart of the daemon is waited out: what may have been missed is said, and it goes on', async () => {
  const dir = folderIn(daemon);
  const heard = await watch(dir, '.', '--debounce', '0', '-q');
  writeFileSync(`${dir}/one`, '');
  await until('the first', () => heard.texts.stdout.includes(`${dir}/one\n`));
  await daemon.restart();
  await until('the watch is back', async () => (await watches()) === 1);
  await until('the rescan', () => heard.texts.stdout.endsWith(`${dir}\n`));
  writeFileSync(`${dir}/two`, '');
  await until('the second', () => heard.texts.stdout.includes(`${dir}/two\n`));
  heard.child.kill('SIGINT');
  expect((await heard.end()).code).toBe(130);
  await until('the watch went with it', async () => (await watches()) === 0);
});

test('a broken connection is resumed exactly: what happened meanwhile is told once, and nothing is to be looked at anew', async () => {
  const dir = folderIn(daemon);
  const path = `${daemon.home}/between.sock`;
  const heard = Bun.spawn([...ZD, 'watch', dir, '--json', '--debounce', '0'], {
    env: cleanEnv(daemon.home, { ZD_SOCKET: path }),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  expect(await heard.exited).toBe(3);
  let proxy = await between(path, daemon.socket);
  const child = Bun.spawn([...ZD, 'watch', dir, '--json', '--debounce', '0'], {
    env: cleanEnv(daemon.home, { ZD_SOCKET: path }),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'ignore',
  });
  let output = '';
  const read = (async () => {
    for await (const chunk of child.stdout) output += new TextDecoder().decode(chunk);
  })();
  const streams = async () => (await daemon.call('watch_list')).body.subscriptions[0]?.streams as number | undefined;
  for (let at = 0; at < 12; at++) {
    await until('the stream is read', async () => (await streams()) === 1);
    if (at % 3 === 1) {
      proxy.end();
      await until('nobody reads', async () => (await streams()) === 0);
    }
    writeFileSync(`${dir}/f${at}`, '');
    if (at % 3 === 1) proxy = await between(path, daemon.socket);
  }
  await until('the last was told', () => output.includes(`${dir}/f11"`));
  child.kill('SIGINT');
  expect(await child.exited).toBe(130);
  await read;
  proxy.end();
  const frames = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(frames.map(({ event }) => event))).toEqual(new Set(['fs']));
  const creates = frames.filter(({ data }) => data.kind === 'create').map(({ data }) => data.path);
  expect(creates).toEqual(Array.from({ length: 12 }, (_, at) => `${dir}/f${at}`));
  expect(new Set(frames.map(({ id }) => id)).size).toBe(frames.length);
  await daemon.call('watch_unsubscribe', { watch_id: frames[0].data.watch_id });
});

/** A socket in front of another, whose connections `end` breaks. */
async function between(path: string, to: string) {
  const sockets = new Set<Bun.Socket<undefined>>();
  const add = (socket: Bun.Socket<undefined>) => void sockets.add(socket);
  const ends = new Map<Bun.Socket<undefined>, Promise<Bun.Socket<undefined>>>();
  const listener = Bun.listen<undefined>({
    unix: path,
    socket: {
      open(client) {
        add(client);
        const socket = { open: add, data: (_: unknown, chunk: Buffer) => void client.write(chunk), close: () => client.terminate() };
        ends.set(client, Bun.connect<undefined>({ unix: to, data: undefined, socket }));
      },
      data: async (client, chunk) => {
        const bytes = new Uint8Array(chunk);
        (await ends.get(client)!).write(bytes);
      },
      close: async (client) => (await ends.get(client)!).terminate(),
    },
  });
  return {
    end() {
      listener.stop(true);
      for (const each of sockets) each.terminate();
    },
  };
}

test('who may only watch has a watch that ends with the stream', async () => {
  const limited = await startDaemon({ config: '[http.tokens]\nreader = { token = "reader-token-0123456789", scopes = ["watch.read"] }\n' });
  const dir = folderIn(limited);
  writeFileSync(`${limited.home}/reader`, 'reader-token-0123456789', { mode: 0o600 });
  const child = Bun.spawn([...ZD, 'watch', dir, '-q', '-n', '1', '--url', limited.url, '--token-file', `${limited.home}/reader`], {
    env: cleanEnv(limited.home),
    stdin: 'ignore',
    stdout: 'pipe',
  });
  await until('the watch is there', async () => (await limited.call('watcher_stats')).body.subscriptions === 1);
  writeFileSync(`${dir}/x`, '');
  expect([await child.stdout.text(), await child.exited]).toEqual([`${dir}/x\n`, 0]);
});

test('subscribe, list and unsubscribe by hand', async () => {
  const dir = folderIn(daemon);
  const made = await daemon.zd('watch', 'subscribe', dir, '--recursive');
  expect(made.stdout).toMatch(/^\d+\n$/);
  const id = made.stdout.trim();
  expect((await daemon.zd('watch', 'list', '-q')).stdout).toBe(`${id}\n`);
  writeFileSync(`${dir}/kept`, '');
  expect((await daemon.zd('watch', '--watch-id', id, '-n', '1', '-q')).stdout).toBe(`${dir}/kept\n`);
  expect((await daemon.zd('watch', 'unsubscribe', id)).stdout).toBe('true\n');
  expect((await daemon.zd('watch', '--watch-id', id)).code).toBe(4);
});
