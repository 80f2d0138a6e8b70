import { beforeAll, expect, test } from 'bun:test';
import { readFileSync } from 'node:fs';
import { cleanEnv, startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { JobRig } from '../helper/jobs';
import { until } from '../helper/until';

let daemon: TestDaemon;
let jobs: JobRig;
beforeAll(async () => {
  daemon = await startDaemon();
  jobs = new JobRig(daemon);
});

const start = (args: readonly string[], env: Record<string, string> = {}) =>
  Bun.spawn([...ZD, ...args], { env: cleanEnv(daemon.home, env), cwd: daemon.home, stdin: 'ignore', stdout: 'pipe', stderr: 'pipe' });
const newest = async (): Promise<any> => (await jobs.ok('job_list', { limit: 1 })).jobs[0];
/** The newest job, once it has written exactly this. */
const running = (text: string): Promise<any> =>
  until('the newest job has begun', async () => {
    const job = await newest();
    return job && (await jobs.text(job.id)) === text && job;
  });

test('zd run shows both outputs as they are, in this folder, and exits with the code', async () => {
  const ran = await daemon.zd('run', '--tag', 'r', '--', '/bin/sh', '-c', 'pwd; printf "\\377bytes"; echo err >&2; exit 3');
  expect([ran.code, ran.stderr]).toEqual([3, 'err\n']);
  expect(ran.stdout).toBe(`${daemon.home}\n\ufffdbytes`);
  expect(await newest()).toMatchObject({ tags: ['r'], cwd: daemon.home });
  expect((await daemon.zd('run', '--', 'git', '--help')).stdout).toContain('usage: git');
  expect((await daemon.zd('run', '--', '/bin/sh', '-c', 'kill -9 $$')).code).toBe(137);
  expect((await daemon.zd('run', '--timeout-secs', '0.1', '--', 'sleep', '1000')).code).toBe(124);
  const none = await daemon.zd('run', '--', 'no-such-program');
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('there is no program "no-such-program"')]);
  expect((await daemon.zd('run')).code).toBe(2);
});

test('the environment goes along only when asked, and never what belongs to zd', async () => {
  const run = (...args: string[]) => start(['run', ...args, '--', 'env'], { MINE: 'yes', BUN_BE_BUN: '', ZD_TOKEN: 'secret' }).stdout.text();
  expect(await run()).not.toContain('MINE');
  const given = await run('--env', '--set', 'A=b=c');
  expect(given).toContain('MINE=yes\n');
  expect(given).toContain('A=b=c\n');
  expect(given).not.toContain('ZD_TOKEN');
  expect(given).not.toContain('BUN_BE_BUN');
  expect((await daemon.zd('run', '--set', 'nonsense', '--', 'env')).code).toBe(2);
});

test('Ctrl-C cancels the job, a second one leaves it', async () => {
  const polite = start(['run', '--', '/bin/sh', '-c', 'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.02; done']);
  await running('ready\n');
  polite.kill('SIGINT');
  expect([await polite.exited, await polite.stdout.text()]).toEqual([130, 'ready\nbye\n']);
  expect((await newest()).state).toBe('exited');

  const stubborn = start(['run', '--', '/bin/sh', '-c', 'trap "echo no" TERM; echo ready2; while :; do sleep 0.02; done']);
  const { id } = await running('ready2\n');
  stubborn.kill('SIGINT');
  await jobs.wrote(id, 'no');
  stubborn.kill('SIGINT');
  expect(await stubborn.exited).toBe(130);
  expect((await jobs.job(id)).state).toBe('running');
  await jobs.ok('job_kill', { id, signal: 'KILL' });
});

/** Connections to the daemon, whether it has taken them or not (proc(5)). */
const connections = (): number => readFileSync('/proc/net/unix', 'utf8').split(` ${daemon.socket}\n`).length;

/** `zd run` of a daemon that does not answer, once it has asked. */
async function unanswered(...command: string[]) {
  process.kill(daemon.pid, 'SIGSTOP');
  const before = connections();
  const run = start(['run', '--', ...command]);
  await until('it has asked', () => connections() > before);
  return run;
}

test('Ctrl-C before the daemon has answered cancels the job all the same', async () => {
  const run = await unanswered('sleep', '1000');
  run.kill('SIGINT');
  process.kill(daemon.pid, 'SIGCONT');
  expect(await run.exited).toBe(130);
  expect(await newest()).toMatchObject({ command: ['sleep', '1000'], state: 'cancelled' });
});

test('a second Ctrl-C leaves, also when the daemon does not answer', async () => {
  const run = await unanswered('sleep', '2');
  // Two that come at once are one.
  await until('it has left', () => {
    run.kill('SIGINT');
    return run.exitCode !== null;
  });
  process.kill(daemon.pid, 'SIGCONT');
  expect(await run.exited).toBe(130);
});

test('zd wait exits with the code of the first that failed', async () => {
  const good = await jobs.sh('exit 0');
  const bad = await jobs.sh('sleep 0.1; exit 5');
  const long = await jobs.submit(['sleep', '1000']);
  expect((await daemon.zd('wait', String(good), String(bad))).code).toBe(5);
  expect((await daemon.zd('wait', String(good))).code).toBe(0);
  const late = await daemon.zd('--timeout', '0.1', 'wait', String(long));
  expect([late.code, late.stderr]).toEqual([124, expect.stringContaining('was not over')]);
  expect((await daemon.zd('wait', '99999')).code).toBe(4);
  await jobs.ok('job_cancel', { id: long });
  expect((await daemon.zd('wait', String(long))).code).toBe(143);
});

test('zd run and zd wait live through a restart of the daemon', async () => {
  const go = `${daemon.home}/go`;
  const run = start(['run', '--', '/bin/sh', '-c', `echo first; while [ ! -e ${go} ]; do sleep 0.02; done; echo second; exit 8`]);
  const { id } = await running('first\n');
  const wait = start(['wait', String(id)]);
  const reader = wait.stderr.text();
  await until('both and this question are there', async () => (await jobs.ok('metrics')).active_sessions >= 3);
  await daemon.restart();
  await Bun.write(go, '');
  expect([await run.exited, await run.stdout.text()]).toEqual([8, 'first\nsecond\n']);
  expect([await wait.exited, await reader]).toEqual([8, '']);
});

test('submit prints the number, logs the output, list a line per job', async () => {
  const { stdout } = await daemon.zd(
    'job',
    'submit',
    '--tag',
    'x',
    '--tag',
    'y',
    '--name',
    'my job',
    '--',
    '/bin/sh',
    '-c',
    'echo one; echo two; echo bad >&2; exit 1',
  );
  const id = stdout.trim();
  expect(id).toMatch(/^\d+$/);
  const followed = await daemon.zd('job', 'logs', '-f', id);
  expect(followed).toEqual({ code: 1, stdout: 'one\ntwo\n', stderr: 'bad\n' });
  expect(await daemon.zd('job', 'logs', '-n', '1', id)).toEqual({ code: 0, stdout: 'two\n', stderr: 'bad\n' });
  expect(await daemon.zd('job', 'logs', '--channel', 'stderr', id)).toEqual({ code: 0, stdout: '', stderr: 'bad\n' });
  const list = (await daemon.zd('job', 'list', '--tag', 'x')).stdout;
  expect(list).toMatch(new RegExp(`^${id}\\texited\\t1\\t[\\d.]+m?s\\tx,y\\tmy job: /bin/sh -c 'echo one; echo two; echo bad >&2; exit 1'\\n$`));
  expect((await daemon.zd('job', 'list', '--tag', 'x', '-q')).stdout).toBe(`${id}\n`);
  expect(JSON.parse((await daemon.zd('job', 'list', '--tag', 'x', '--json')).stdout)).toMatchObject({ ok: true, count: 1 });
  expect((await daemon.zd('job', 'cancel', id)).stdout).toBe('exited\n');
  const piped = Bun.spawn([...ZD, 'run', '--stdin', '--', 'cat'], { env: cleanEnv(daemon.home), stdin: new Blob(['from a pipe']), stdout: 'pipe' });
  expect(await piped.stdout.text()).toBe('from a pipe');
});

test('attach sits at the terminal of a job, and Ctrl-] leaves it', async () => {
  const id = await jobs.sh('stty size; while read line; do echo "got $line"; stty size; done', { pty: true });
  let shown = '';
  const child = Bun.spawn([...ZD, 'job', 'attach', String(id)], {
    env: cleanEnv(daemon.home, { TERM: 'xterm' }),
    terminal: { rows: 33, cols: 77, data: (_, bytes) => void (shown += new TextDecoder().decode(bytes)) },
  });
  await until('it shows what was there', () => shown.includes('24 80'));
  await until('it has the size of this window', async () => (await jobs.job(id)).pty_cols === 77);
  child.terminal!.write('hello\r');
  await until('what is typed arrives', () => shown.includes('got hello') && shown.includes('33 77'));
  child.terminal!.write('\u001d');
  expect(await child.exited).toBe(0);
  expect(shown).toContain('goes on');
  expect((await jobs.job(id)).state).toBe('running');
  await jobs.ok('job_cancel', { id });
  const plain = await jobs.sh('exit 0');
  expect((await daemon.zd('job', 'attach', String(plain))).code).toBe(6);
});
