import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { PtyShell, SHELLS, type ShellName } from '../helper/pty_shell';
import { listenTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: '[history]\nlong_command_ms = 300\n' });
});
const open: PtyShell[] = [];
afterEach(async () => {
  for (const shell of open.splice(0)) await shell.end();
});
const start = async (name: ShellName, flags: readonly string[] = []) => {
  const shell = await PtyShell.start(name, zd.home, flags);
  open.push(shell);
  const row = await until('it is registered', async () => (await zd.call('list_shells')).body.shells.find(({ pid }: any) => pid === shell.pid));
  return { shell, id: row.shell_id as number };
};
const kept = async (id: number) => (await zd.call('history_query', { shell_id: id, descending: false })).body.rows as any[];

describe.each([...SHELLS])('%s', (name) => {
  test('keeps what was run: the line as it was typed, where, how it ended and how long it took', async () => {
    const { shell, id } = await start(name);
    const lines = [`echo 'it''s "quoted"' | cat`, 'cd /tmp', 'false', 'echo ünï $((1+1)) > /dev/null'].filter(
      (line) => name !== 'fish' || !line.includes('$(('),
    );
    const before = Date.now() * 1e6;
    for (const line of lines) {
      await shell.run(line);
      await until(`${line} is kept`, async () => (await kept(id)).some((row) => row.line === line));
    }
    const rows = await kept(id);
    expect(rows.map(({ line }) => line)).toEqual(lines);
    expect(rows[2]).toMatchObject({ exit_code: 1, cwd: '/tmp', sessid: expect.any(String) });
    // A change of folder was made where it was begun.
    expect(rows[1]).toMatchObject({ exit_code: 0, cwd: zd.home });
    for (const row of rows) {
      expect(row.ts_ns).toBeWithin(before - 60e9, Date.now() * 1e6 + 1);
      expect(row.duration_ns).toBeWithin(0, 20e9);
    }
  });

  test('keeps nothing of a line that begins with a blank, of an empty one, and without history', async () => {
    const { shell, id } = await start(name);
    if (name === 'bash') await shell.run('HISTCONTROL=ignoreboth');
    await shell.run(' echo secret');
    await shell.run('');
    await shell.run('echo public');
    await until('the last is kept', async () => (await kept(id)).some(({ line }) => line === 'echo public'));
    expect((await kept(id)).map(({ line }) => line).filter((line) => line !== 'HISTCONTROL=ignoreboth')).toEqual(['echo public']);
    const without = await start(name, ['--no-history']);
    await without.shell.run('echo unkept');
    await shell.run('echo after');
    await until('the last is kept', async () => (await kept(id)).some(({ line }) => line === 'echo after'));
    expect(await kept(without.id)).toEqual([]);
  });

  test('tells of a long command, with history and without', async () => {
    for (const flags of [[], ['--no-history']]) {
      const shell = await PtyShell.start(name, zd.home, flags, { ZD_LONG_COMMAND_US: '300000' });
      open.push(shell);
      const row = await until('it is registered', async () => (await zd.call('list_shells')).body.shells.find(({ pid }: any) => pid === shell.pid));
      const stream = await listenTo(zd, `channel=shell:${row.shell_id}.long_cmd_*`);
      await shell.run('true');
      await shell.run('sleep 0.5');
      let told = (await stream.next()).data;
      // Where a machine stands still, this is a long command, too.
      if (told.data.command === 'true') {
        expect(told.data.duration_ns).toBeGreaterThanOrEqual(0.3e9);
        told = (await stream.next()).data;
      }
      expect(told).toMatchObject({ topic: 'long_cmd_complete', data: { command: 'sleep 0.5', exit_code: 0, cwd: zd.home } });
      await stream.events.return(undefined);
    }
  });
});

describe.each([...SHELLS])('%s with Ctrl-R', (name) => {
  test('searches with what is typed and puts the choice into the line; leaving it keeps the line', async () => {
    await zd.call('history_append', { line: `printf 'found-%s\\n' 4""2 in-${name}` });
    const { shell } = await start(name, ['--bind-ctrl-r']);
    const screens = () => shell.shown.split('\u001b[?1049h').length - 1;
    shell.type(`in-${name}`);
    await until('the line is there', () => shell.shown.includes(name));
    shell.type('\u0012');
    await until(
      'the search is open and has found it',
      () => screens() === 1 && shell.shown.slice(shell.shown.lastIndexOf('\u001b[?1049h')).includes('found-'),
    );
    shell.type('\r');
    // Keys that come before the shell has its terminal back are lost.
    const left = () => shell.shown.split('\u001b[?1049l');
    await until('the choice is in the line', () => left().length === 2 && left()[1]!.includes('found-%s'));
    shell.type('\r');
    await until('the choice runs', () => shell.shown.includes('found-42'));
    await shell.prompt();
    shell.type('echo un');
    shell.type('\u0012');
    await until('the search is open', () => screens() === 2);
    shell.type('\u0003');
    await until('the line is there again', () => left().length === 3 && left()[2]!.includes('echo un'));
    expect(await shell.run('touched')).toContain('untouched');
  });
});
