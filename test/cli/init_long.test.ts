import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parseNote } from '../../src/areas/shell/note';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { PtyShell, SHELLS, type ShellName } from '../helper/pty_shell';
import { openSocket } from '../helper/socket';
import { listenTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: '[shell]\nlong_command_ms = 700\n' });
});
const open: PtyShell[] = [];
afterEach(async () => {
  for (const shell of open.splice(0)) await shell.end();
});
const start = async (name: ShellName) => {
  const shell = await PtyShell.start(name, zd.home, []);
  open.push(shell);
  const row = await until('it is registered', async () => (await zd.call('list_shells')).body.shells.find(({ pid }: any) => pid === shell.pid));
  if (name === 'bash') await shell.run('HISTCONTROL=ignorespace');
  return { shell, id: row.shell_id as number, note: join(zd.home, 'shells', `run.${shell.pid}`) };
};

describe.each([...SHELLS])('%s', (name) => {
  test('what runs long is announced while it runs, once, and to the others', async () => {
    const { shell, id, note } = await start(name);
    const stream = await listenTo(zd, `channel=shell:${id}.long_cmd_*`);
    // Where a machine stands still, what does nothing is a long command, too.
    const quick = ['cd /tmp', 'true'];
    const next = async () => {
      for (;;) {
        const told = await stream.next();
        if (!quick.includes(told.data.data.command)) return told;
      }
    };
    const other = await openSocket(zd);
    await other.call('register', {});
    await shell.run('cd /tmp');
    await shell.run(' sleep 1.8');
    shell.type('cat -A; echo token=hunter2hunter2\n');
    const told = await next();
    expect(told.data).toMatchObject({ topic: 'long_cmd_started', data: { from_shell: id, cwd: '/tmp' } });
    // A line as the history keeps it: what looks like a secret is not told.
    expect(told.data.data.command).toStartWith('cat -A; echo token=');
    expect(told.data.data.command).not.toContain('hunter2');
    expect(await other.event()).toMatchObject({ event: 'long_cmd_started', from_shell: id });
    expect(statSync(note).size).toBeGreaterThan(0);
    shell.type('\u0004');
    await shell.prompt();
    await shell.run('true');
    expect(readFileSync(note, 'utf8')).toBe('');
    shell.type('sleep 600\n');
    expect((await next()).data).toMatchObject({ topic: 'long_cmd_started', data: { command: 'sleep 600', cwd: '/tmp' } });
    shell.type('\u0003');
    await shell.prompt();
    await stream.events.return(undefined);
    other.ws.close();
  });
});

test('a note says what runs, and one that is cut, foreign or left out of the history says nothing', () => {
  expect(parseNote('-\n/tmp\nmake world\n')).toEqual({ cwd: '/tmp', line: 'make world' });
  expect(parseNote('-\n/tmp\nfor a in b\ndo c\ndone')).toEqual({ cwd: '/tmp', line: 'for a in b\ndo c\ndone' });
  expect(parseNote('501\n/tmp\n  501  make world\n')).toEqual({ cwd: '/tmp', line: 'make world' });
  expect(parseNote('501\n/tmp\n  501* make world\n')).toEqual({ cwd: '/tmp', line: 'make world' });
  for (const text of [
    '',
    '-',
    '-\n/tmp',
    '-\n/tmp\n',
    '-\n/tmp\n  \n',
    '-\nrelative\nx',
    '502\n/tmp\n  501  secret\n',
    '501\n/tmp\nmake',
    '\n/tmp\nmake',
  ])
    expect([text, parseNote(text)]).toEqual([text, null]);
});
