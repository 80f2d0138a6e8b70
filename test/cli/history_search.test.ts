import { beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanEnv, runZd, startDaemon, tempHome, ZD, type TestDaemon } from '../helper/daemon';
import { Pty } from '../helper/pty';

let daemon: TestDaemon;
const ns = (ms: number) => ms * 1_000_000;
beforeAll(async () => {
  daemon = await startDaemon();
  const base = Date.now() - 3_600_000;
  const lines = ['git status', 'git commit -m "first"', 'docker compose up', 'make test', 'Make Coffee', 'echo one\necho two', 'echo \u001b[2J evil'];
  const entries = lines.map((line, at) => ({
    line,
    ts_ns: ns(base + at * 1000),
    exit_code: at === 3 ? 2 : 0,
    cwd: line.startsWith('git') ? daemon.home : '/other',
  }));
  await daemon.call('history_import', { entries });
  await daemon.call('history_append', { line: 'session only', sessid: 'mine', ts_ns: ns(base + 60_000) });
});

/** As a shell calls it: stdout is a pipe, stdin is nothing, and the terminal is the process's own. */
const inShell = (args: string, env: Record<string, string> = {}) =>
  new Pty(daemon.home, ['sh', '-c', `x=$($ZD_COMMAND history search ${args} </dev/null 2>err.txt); echo "[code $?][chose $x]"`], env);
const end = async (pty: Pty): Promise<string> => {
  await pty.ended();
  return pty.shown.slice(pty.shown.lastIndexOf('[code'));
};
const has = (text: string) => (picture: readonly string[]) => picture.some((line) => line.includes(text));
const prompt = (picture: readonly string[]) => picture.at(-1)!;

test('type to filter, enter prints the choice, and the screen is as it was', async () => {
  const pty = inShell('');
  await pty.sees('the newest first', has('1/8'));
  pty.type('gcm');
  await pty.sees('the line that fits', (picture) => has('1/1')(picture) && has('git commit')(picture) && prompt(picture) === '> gcm');
  pty.type('\r');
  expect(await end(pty)).toBe('[code 0][chose git commit -m "first"]\r\n');
  expect(pty.shown.indexOf('\u001b[?1049h')).toBeLessThan(pty.shown.indexOf('\u001b[?1049l'));
  expect(readFileSync(join(daemon.home, 'err.txt'), 'utf8')).toBe('');
});

test('--query fills the prompt; enter before the answer waits for it', async () => {
  const pty = inShell('--query "docker"');
  pty.type(' up\r');
  expect(await end(pty)).toBe('[code 0][chose docker compose up]\r\n');
});

test('arrows and ctrl-n, ctrl-p move; editing keys edit', async () => {
  const pty = inShell('--query git');
  await pty.sees('both', (picture) => has('1/2')(picture));
  const first = pty.picture().find((line) => line.startsWith('>') && line !== prompt(pty.picture()))!;
  pty.type('\u001b[A');
  await pty.sees('the second', has('2/2'));
  pty.type('\u000e');
  await pty.sees('the first again', has('1/2'));
  pty.type('\u0010');
  await pty.sees('the second again', has('2/2'));
  const second = pty.picture().find((line) => line.startsWith('>') && line !== prompt(pty.picture()))!;
  expect(second).not.toBe(first);
  pty.type(' statusX\u007f\u001b[D\u001b[C');
  await pty.sees('edited', (picture) => prompt(picture) === '> git status' && has('1/1')(picture));
  pty.type('\u0017\u0015mk');
  await pty.sees('another', (picture) => prompt(picture) === '> mk' && has('1/')(picture));
  pty.type('\u0015\u001b[200~make\rtest\u001b[201~');
  await pty.sees('a paste is text', (picture) => prompt(picture) === '> make test');
  pty.type('\r');
  expect(await end(pty)).toContain('[chose make test]');
});

test('ctrl-r goes through the places, ctrl-s through the ways to look', async () => {
  const pty = inShell('', { ZD_SESSION: 'mine' });
  await pty.sees('everywhere', (picture) => has('everywhere')(picture) && has('1/8')(picture));
  pty.type('\u0012');
  await pty.sees('this folder', (picture) => has('this folder')(picture) && has('1/2 ')(picture));
  pty.type('\u0012');
  await pty.sees('this session', (picture) => has('this session')(picture) && has('session only')(picture) && has('1/1 ')(picture));
  pty.type('\u0012');
  await pty.sees('everywhere', (picture) => has('everywhere')(picture) && has('1/8')(picture));
  pty.type('gcm');
  await pty.sees('one', has('1/1'));
  pty.type('\u0013');
  await pty.sees('no such part', (picture) => has('part')(picture) && has('0/0')(picture));
  pty.type('\u0015make c');
  await pty.sees('small letters find capitals', (picture) => has('Make Coffee')(picture) && has('1/1')(picture));
  pty.type('\u0003');
  expect(await end(pty)).toBe('[code 130][chose ]\r\n');
});

test('a command of several lines is printed as it is, and none can drive the terminal', async () => {
  const pty = inShell('--query "echo"');
  await pty.sees('both', (picture) => has('echo one\\necho two')(picture) && has('\\u001b[2J evil')(picture));
  expect(pty.shown).not.toContain('\u001b[2J');
  pty.type(' two\r');
  expect(await end(pty)).toBe('[code 0][chose echo one\r\necho two]\r\n');
});

for (const [name, keys] of [
  ['escape', '\u001b'],
  ['ctrl-c', '\u0003'],
  ['ctrl-d', '\u0004'],
  ['enter on nothing', 'nosuchthing\r'],
] as const) {
  test(`${name} chooses nothing: exit 130`, async () => {
    const pty = inShell('');
    await pty.sees('the choices', has('1/8'));
    pty.type(keys);
    expect(await end(pty)).toBe('[code 130][chose ]\r\n');
  });
}

test('SIGTERM gives the terminal back; a smaller window is drawn anew', async () => {
  const pty = new Pty(daemon.home, [...ZD, 'history', 'search']);
  await pty.sees('the choices', has('1/8'));
  pty.resize(40, 6);
  await pty.sees('fewer lines', (picture) => picture.filter((line) => line !== '').length === 6);
  for (const line of pty.picture()) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(40);
  pty.kill('SIGTERM');
  expect(await pty.ended()).toBe(130);
  expect(pty.shown.endsWith('\u001b[?1049l')).toBe(true);
});

test('with words, or without a terminal, it prints what it finds', async () => {
  const detached = async (...args: string[]) => {
    const child = Bun.spawn(['setsid', '-w', ...ZD, 'history', 'search', ...args], {
      env: cleanEnv(daemon.home),
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    return { stdout: await child.stdout.text(), code: await child.exited };
  };
  expect(await detached('git', 'com')).toEqual({ stdout: 'git commit -m "first"\n', code: 0 });
  expect(await detached('--query', 'dcu')).toEqual({ stdout: 'docker compose up\n', code: 0 });
  expect(await detached('nosuchthing')).toEqual({ stdout: '', code: 1 });
  expect(await detached('make', '--mode', 'like', '-n', '1')).toEqual({ stdout: 'Make Coffee\n', code: 0 });
  expect(JSON.parse((await detached('git', '--json')).stdout)).toMatchObject({ ok: true, count: 2, complete: true });
});

test('without a daemon it ends at once, with the terminal as it was', async () => {
  const home = tempHome();
  const pty = new Pty(home, [...ZD, 'history', 'search']);
  expect(await pty.ended()).toBe(3);
  expect(pty.shown).toContain('the daemon is not running');
  expect(pty.shown.indexOf('\u001b[?1049l')).toBeLessThan(pty.shown.indexOf('the daemon is not running'));
});

test('history append is what a hook calls: here, now, this host, in the background', async () => {
  const started = Date.now() * 1_000_000;
  const args = [
    'history',
    'append',
    '--shell-id',
    '7',
    '--cwd',
    '/tmp/x',
    '--exit',
    '3',
    '--duration-ms',
    '1200',
    '--started-ns',
    `${Date.now()}123456`,
  ];
  const ran = await runZd(daemon.home, [...args, '--', 'echo "a  b" --json'], { env: { ZD_SESSION: 'hook' } });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  const { body } = await daemon.call('history_query', { sessid: 'hook' });
  expect(body.rows).toMatchObject([
    {
      id: Number(ran.stdout),
      line: 'echo "a  b" --json',
      shell_id: 7,
      cwd: '/tmp/x',
      exit_code: 3,
      duration_ns: ns(1200),
      sessid: 'hook',
      hostname: expect.any(String),
    },
  ]);
  expect(body.rows[0].ts_ns).toBeGreaterThanOrEqual(started - ns(2));
  expect((await runZd(daemon.home, ['history', 'append', '--', 'unseen'], { env: { ZD_HISTORY_PRIVATE: '1' } })).stdout).toBe('');
  expect((await daemon.call('history_query', { filter: 'unseen' })).body.count).toBe(0);
  expect(await daemon.zd('history', 'append', '--', ' hidden')).toMatchObject({ code: 0, stdout: '', stderr: 'zd: not kept (leading_space)\n' });
  expect((await daemon.zd('history', 'append', '--started-ns', 'x', '--', 'y')).code).toBe(2);
});
