import { beforeAll, expect, test } from 'bun:test';
import { mkdirSync, realpathSync } from 'node:fs';
import { relative } from '../../src/cli/format';
import { commandLine } from '../../src/cli/job_text';
import { forPerson } from '../../src/cli/table';
import { cleanEnv, runZd, startDaemon, ZD, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const added = async (id: string) => (await daemon.call('schedule_list')).body.schedules.find((each: { id: number }) => each.id === Number(id));

test('what stands behind -- is the command, word for word, and runs in the folder of the caller', async () => {
  const folder = `${realpathSync(daemon.home)}/some where`;
  mkdirSync(folder);
  const words = ['sh', '-c', 'echo "$1"', '--json', '--', '-n', ''];
  const here = await runZd(daemon.home, ['schedule', 'add', '--cron', '@daily', '--timezone', 'Europe/Berlin', '--', ...words], { cwd: folder });
  expect([here.code, here.stderr]).toEqual([0, '']);
  expect(await added(here.stdout)).toMatchObject({ command: words, cwd: folder, cron_expr: '@daily', timezone: 'Europe/Berlin' });
  const below = await runZd(daemon.home, ['schedule', 'add', '--every', '10m', '--cwd', 'y', 'true'], { cwd: folder });
  expect(await added(below.stdout)).toMatchObject({ cwd: `${folder}/y`, every: '10m' });
  const once = await runZd(daemon.home, ['schedule', 'once', '--in', '2h', 'true'], { cwd: folder });
  expect(await added(once.stdout)).toMatchObject({ cwd: folder, enabled: true });
});

test('the environment goes along when it is asked for, variable by variable or as a whole', async () => {
  const one = await daemon.zd('schedule', 'add', '--every', '10m', '--set', 'LEVEL=a=b', '--', 'true');
  expect((await added(one.stdout)).env_json).toBe('{"LEVEL":"a=b"}');
  const whole = await runZd(daemon.home, ['schedule', 'once', '--in', '1h', '--env', 'true'], { env: { MINE: 'yes', ZD_LOG_LEVEL: 'info' } });
  const env = JSON.parse((await added(whole.stdout)).env_json);
  expect([env.MINE, env.ZD_HOME, env.ZD_LOG_LEVEL]).toEqual(['yes', undefined, undefined]);
  expect((await added((await daemon.zd('schedule', 'add', '--cron', '@daily', 'true')).stdout)).env_json).toBeNull();
});

test('failures have the exit codes of their kinds, and say where the fault is', async () => {
  const bad = await daemon.zd('schedule', 'add', '--cron', '0 24 * * *', 'true');
  expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining('position 2 (hour)')]);
  expect((await daemon.zd('schedule', 'add', '--cron', '@daily')).code).toBe(2);
  expect((await daemon.zd('schedule', 'history', '99999')).code).toBe(4);
  expect((await daemon.zd('schedule', 'enable', '99999')).stderr).toContain('zd schedule list');
});

test('a terminal gets a table with relative times and command lines, a pipe exact values', async () => {
  const { stdout: id } = await daemon.zd('schedule', 'add', '--name', 'tidy', '--every', '1d', '--', 'sh', '-c', 'rm -f *.tmp');
  let shown = '';
  const child = Bun.spawn([...ZD, 'schedule', 'list'], {
    env: { ...cleanEnv(daemon.home), TERM: 'xterm', NO_COLOR: '1' },
    terminal: { cols: 200, rows: 40, data: (_, bytes) => void (shown += new TextDecoder().decode(bytes)) },
  });
  await child.exited;
  child.terminal?.close();
  const lines = shown.split('\r\n');
  expect(lines[0]).toMatch(/^ *ID +NAME +WHEN +ENABLED +NEXT RUN +LAST RUN +LAST STATE +COMMAND$/);
  expect(lines.find((line) => line.includes('tidy'))).toMatch(/tidy +every 1d +true +in (1d|23h 59m) +sh -c 'rm -f \*\.tmp'$/);
  const row = (await daemon.zd('schedule', 'list')).stdout.split('\n').find((line) => line.startsWith(`${id.trim()}\t`))!;
  expect(row.split('\t')[4]).toMatch(/^\d{19}$/);
});

test('times and command lines as a person reads them', () => {
  const now = 1_790_000_000_000;
  expect(relative((now + 65_000) * 1e6, now)).toBe('in 1m 5s');
  expect(relative((now - 7_200_000) * 1e6, now)).toBe('2h ago');
  expect([relative(null, now), relative('soon', now)]).toEqual([null, 'soon']);
  expect(commandLine(['a', '--b=c/d', '', 'e f', "it's"])).toBe(`a --b=c/d '' 'e f' 'it'\\''s'`);
  expect(
    forPerson(
      [{ at_ns: (now + 1000) * 1e6, command: ['a', 'b c'], n: 1 }],
      ['at_ns', 'command', 'n'],
      { rows: 'x', relative: ['at_ns'], commandLine: ['command'] },
      now,
    ),
  ).toEqual({ columns: ['at', 'command', 'n'], rows: [{ at: 'in 1s', command: "a 'b c'", n: 1 }] });
});
