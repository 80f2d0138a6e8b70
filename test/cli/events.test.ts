import { beforeAll, beforeEach, expect, test } from 'bun:test';
import { cleanEnv, startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

interface Listener {
  readonly child: Bun.Subprocess<'ignore', 'pipe', 'pipe'>;
  readonly stdout: () => string;
  readonly stderr: () => string;
}

/** Runs `zd events …` and resolves once the daemon has its stream. */
async function listen(...args: string[]): Promise<Listener> {
  const before = await streams();
  const child = Bun.spawn([...ZD, 'events', ...args], { env: cleanEnv(daemon.home), stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    void (async () => {
      for await (const chunk of child[name]) texts[name] += new TextDecoder().decode(chunk);
    })();
  }
  await until('the stream is open', async () => (await streams()) > before);
  return { child, stdout: () => texts.stdout, stderr: () => texts.stderr };
}

const streams = async (): Promise<number> => (await daemon.call('metrics')).body.active_subscriptions;
// One that ended may not be gone yet, and would be counted for the next.
beforeEach(() => until('nobody listens', async () => (await streams()) === 0));
const publish = (topic: string, data: unknown) => daemon.zd('publish', topic, JSON.stringify(data));

test('an event published in one shell is heard in another', async () => {
  const heard = await listen('--count', '1');
  expect((await publish('build.done', { ok: true })).code).toBe(0);
  expect(await heard.child.exited).toBe(0);
  await until('the line arrived', () => heard.stdout().endsWith('\n'));
  expect(heard.stdout()).toMatch(/^\d\d:\d\d:\d\d \S+ build\.done \{"ok":true\}\n$/);
});

test('--json prints each frame on a line with its id; -q the data alone; patterns choose', async () => {
  const json = await listen('*.one*', '--json', '-n', '2');
  const quiet = await listen('*.one*', '*.two', '-q', '-n', '3');
  for (const topic of ['one', 'two', 'three', 'one.more']) await publish(topic, topic);
  expect(await Promise.all([json.child.exited, quiet.child.exited])).toEqual([0, 0]);
  await until('everything arrived', () => json.stdout().split('\n').length === 3 && quiet.stdout().split('\n').length === 4);
  const frames = json
    .stdout()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(frames).toMatchObject([
    { event: 'pub', data: { topic: 'one', data: 'one' } },
    { event: 'pub', data: { topic: 'one.more' } },
  ]);
  expect(frames.every(({ id }) => typeof id === 'string' && id !== '')).toBe(true);
  expect(quiet.stdout()).toBe('one\ntwo\none.more\n');
});

test('--since resumes behind an id', async () => {
  const first = await listen('*.kept', '--json', '-n', '1');
  await publish('kept', 1);
  await first.child.exited;
  await until('the line arrived', () => first.stdout().endsWith('\n'));
  await publish('kept', 2);
  const later = await daemon.zd('events', '*.kept', '-q', '-n', '1', '--since', JSON.parse(first.stdout()).id);
  expect(later).toEqual({ code: 0, stdout: '2\n', stderr: '' });
});

test('--since takes a time, a number and words, and says what it does not take', async () => {
  const { body } = await daemon.call('publish', { topic: 'then', data: 1 });
  for (const since of ['1h', '2020-01-01', 'earliest', String(body.seq - 1)])
    expect(await daemon.zd('events', '*.then', '-q', '-n', '1', '--since', since)).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  const bad = await daemon.zd('events', '--since', 'yesterday');
  expect([bad.code, bad.stdout]).toEqual([2, '']);
  expect(bad.stderr).toContain('is not an event number');
});

test('a restart of the daemon is waited out and nothing is lost', async () => {
  const heard = await listen('*.steady', '-q', '-n', '3');
  await publish('steady', 1);
  await until('the first arrived', () => heard.stdout() === '1\n');
  await daemon.restart();
  await publish('steady', 2);
  await publish('steady', 3);
  expect(await heard.child.exited).toBe(0);
  await until('everything arrived', () => heard.stdout() === '1\n2\n3\n');
  expect(heard.stderr()).toBe('');
});

test('a break before the first event loses nothing either', async () => {
  const heard = await listen('*.quiet', '-q', '-n', '1');
  await daemon.kill();
  await daemon.restart();
  await daemon.call('publish', { topic: 'quiet', data: 1 });
  expect(await heard.child.exited).toBe(0);
  await until('it arrived', () => heard.stdout() === '1\n');
});

test('a bad pattern is refused, Ctrl-C is 130, --timeout is 124', async () => {
  expect((await daemon.zd('events', 'nodot')).code).toBe(2);
  const heard = await listen('*.*');
  heard.child.kill('SIGINT');
  expect(await heard.child.exited).toBe(130);
  expect((await daemon.zd('events', '--timeout', '0.2')).code).toBe(124);
});

test('a reader that leaves ends the command quietly', async () => {
  const before = await streams();
  const child = Bun.spawn(['bash', '-c', 'set -o pipefail; "$@" | head -n 1', 'bash', ...ZD, 'events', '*.pipe'], {
    env: cleanEnv(daemon.home),
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
  });
  await until('the stream is open', async () => (await streams()) > before);
  let ended = false;
  void child.exited.then(() => (ended = true));
  await until('the pipe breaks', async () => {
    await publish('pipe', 1);
    return ended;
  });
  expect({ code: child.exitCode, stderr: await child.stderr.text() }).toEqual({ code: 0, stderr: '' });
});
