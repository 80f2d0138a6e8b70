import { afterEach, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { PtyShell, SHELLS, type ShellName } from '../helper/pty_shell';
import { listenTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: '[log]\nlevel = "debug"\n' });
});

const open: PtyShell[] = [];
afterEach(async () => {
  for (const shell of open.splice(0)) await shell.end();
});
const start = async (name: ShellName, flags: readonly string[] | null = [], home = zd.home, env: Record<string, string> = {}) => {
  const shell = await PtyShell.start(name, home, flags, env);
  open.push(shell);
  return shell;
};
const registered = (shell: PtyShell) =>
  until(`${shell.name} is registered`, async () => (await zd.call('list_shells')).body.shells.find(({ pid }: any) => pid === shell.pid));

describe.each([...SHELLS])('%s', (name) => {
  test('the hooks register the shell, with its folder and terminal, and follow it', async () => {
    const shell = await start(name);
    expect(await registered(shell)).toMatchObject({ argv0: name, cwd: zd.home, accept_send: false, tty: expect.stringMatching(/^\/dev\/pts\//) });
    await shell.run('cd /tmp');
    await until('the folder is told', async () => (await registered(shell)).cwd === '/tmp');
    const out = await runZd(zd.home, ['shell', 'list', '--json']);
    expect(JSON.parse(out.stdout).shells.some(({ pid }: any) => pid === shell.pid)).toBe(true);
  });

  test('zd run inside speaks as the shell', async () => {
    const shell = await start(name);
    const { shell_id } = await registered(shell);
    const stream = await listenTo(zd, 'channel=*.spoken');
    // The words of the command under test, as the hooks have them.
    await shell.run(name === 'fish' ? 'command $__zd_words publish spoken 1' : '"${__zd_words[@]}" publish spoken 1');
    expect((await stream.next()).data).toMatchObject({ scope: `shell:${shell_id}`, data: 1 });
    await stream.events.return(undefined);
  });

  test('evaluated twice they do nothing more', async () => {
    const shell = await start(name);
    await registered(shell);
    const file = join(zd.home, `hooks.${name}.${shell.pid}`);
    const functions =
      name === 'fish' ? 'functions --all | grep -c __zd' : name === 'zsh' ? 'print -l ${(k)functions} | grep -c __zd' : 'declare -F | grep -c __zd';
    const count = async () => /\n?(\d+)\r/.exec(await shell.run(functions))?.[1];
    const before = await count();
    const command = name === 'bash' ? 'echo "[$PROMPT_COMMAND|$PS0]"' : 'echo same';
    const first = (await shell.run(command)).match(/\[.*\]/g);
    await shell.run(`sed 1d ${file} > ${file}.again; source ${file}.again; source ${file}.again`);
    expect(await count()).toBe(before);
    expect((await shell.run(command)).match(/\[.*\]/g)).toEqual(first);
  });

  test('the exit code of a command is left as it is', async () => {
    const shell = await start(name);
    await shell.run(name === 'fish' ? 'function seven; return 7; end' : 'seven() { return 7; }');
    await shell.run('seven');
    expect(await shell.run(name === 'fish' ? 'echo code=$status' : 'echo code=$?')).toContain('code=7');
  });

  test('nothing is run in a shell that did not opt in, and a message is shown', async () => {
    const shell = await start(name);
    const { shell_id } = await registered(shell);
    const file = join(zd.home, `never.${name}`);
    const sent = await zd.zd('shell', 'send', '--shell', String(shell_id), '--', `touch ${file}`);
    expect([sent.code, sent.stderr]).toEqual([5, expect.stringContaining('does not run commands')]);
    expect((await runZd(zd.home, ['init', name])).stdout).not.toContain('__zd_execute');
    expect((await zd.zd('shell', 'notify', '--shell', String(shell_id), 'tea', 'is', 'ready')).stdout).toBe('1\n');
    await until('it is shown at the prompt', () => shell.shown.includes('tea is ready'));
    await shell.run('echo calm');
    expect(readdirSync(zd.home)).not.toContain(`never.${name}`);
  });

  test('a shell that accepts runs what it is sent at its prompt, in itself, and answers', async () => {
    const shell = await start(name, ['--accept-send']);
    const { shell_id } = await registered(shell);
    const line =
      name === 'fish' ? 'set -g brought here; echo out; echo err >&2; cd /usr; false' : 'brought=here; echo out; echo err >&2; cd /usr; false';
    const sent = await zd.zd('shell', 'send', '--shell', String(shell_id), '--wait', '--', line);
    expect(sent).toEqual({ code: 1, stdout: 'out\n', stderr: 'err\n' });
    expect(shell.shown).toContain('runs here');
    expect(await shell.run('echo "[$brought $PWD]"')).toContain('[here /usr]');
    // While a command runs nothing is disturbed: it comes with the next prompt.
    shell.type('sleep 0.7; echo "over"\n');
    await until('it runs', () => /sleep 0\.7/.test(shell.shown));
    const later = zd.zd('shell', 'send', '--shell', String(shell_id), '--wait', '--json', '--', 'echo two');
    const reply = JSON.parse((await later).stdout);
    expect(reply).toMatchObject({ result: { exit_code: 0, stdout: 'two\n' }, timed_out: false });
    expect(shell.shown.lastIndexOf('over')).toBeLessThan(shell.shown.lastIndexOf('runs here'));
    expect(readdirSync(join(zd.home, 'shells')).filter((each) => each.startsWith(`${shell.pid}.`))).toEqual([]);
  });

  test('without a daemon, and with one that is stopped, prompts come all the same', async () => {
    const home = tempHome();
    const shell = await start(name, ['--accept-send'], home);
    for (const word of ['one', 'two', 'three']) expect(await shell.run(`echo ${word}`)).toContain(word);
    const stuck = await start(name, ['--accept-send']);
    await registered(stuck);
    process.kill(zd.pid, 'SIGSTOP');
    try {
      for (const word of ['one', 'two', 'three']) expect(await stuck.run(`echo ${word}; cd /tmp; cd -`)).toContain(word);
    } finally {
      process.kill(zd.pid, 'SIGCONT');
    }
    // No job, no noise, no child is left of what ran beside it.
    expect(await stuck.run('jobs; echo none')).not.toMatch(/zd|Running|running/);
    await until(
      'nothing is left',
      () =>
        Bun.spawnSync(['ps', '-o', 'pid=', '--ppid', String(stuck.pid)])
          .stdout.toString()
          .trim() === '',
    );
  });
});

test.each([...SHELLS])('a prompt of %s waits for nothing, whatever zd does', async (name) => {
  const home = tempHome();
  const stub = join(home, 'zd');
  // It never answers; and it wants nothing of the processor, which would be measured too.
  writeFileSync(stub, `#!/bin/sh\necho $$ >> ${home}/stubs\nexec sleep 50\n`, { mode: 0o755 });
  const hooks = (await runZd(home, ['init', name])).stdout
    .replaceAll(/'[^']*main\.ts'/g, '')
    .replaceAll(/'[^']*\/(bun|bun\.exe|zd)'(?=[) \n])/g, `'${stub}'`);
  expect(hooks).toContain(stub);
  const cost = async (text: string) => {
    const shell = await PtyShell.with(name, home, text);
    open.push(shell);
    const times: number[] = [];
    for (let at = 0; at < 30; at++) {
      const began = performance.now();
      await shell.run('true');
      times.push(performance.now() - began);
    }
    return Math.min(...times);
  };
  const bare = await cost('');
  // No prompt waited: it would have come after fifty seconds. The quickest says what one costs, the others what else the machine does; the
  // budget is ten times what it is.
  expect((await cost(hooks)) - bare).toBeLessThan(50);
  for (const pid of readFileSync(join(home, 'stubs'), 'utf8').trim().split('\n')) process.kill(Number(pid), 'SIGKILL');
});

const ODD: Readonly<Record<ShellName, string>> = {
  bash: 'set -uCf; shopt -s nullglob extglob; IFS=x',
  zsh: 'setopt no_unset ksh_arrays sh_word_split no_clobber no_equals err_return glob_subst; IFS=x',
  fish: 'set -g fish_trace',
};

test.each([...SHELLS])('the hooks of %s work under odd options, and say nothing', async (name) => {
  const shell = await PtyShell.start(name, zd.home, ['--accept-send']);
  open.push(shell);
  await registered(shell);
  await shell.run(ODD[name]);
  const from = shell.shown.length;
  for (const line of [' true', "echo 'a  b'", 'cd /tmp', 'cd -', 'false', "echo '$(touch never) `touch never`'"]) await shell.run(line);
  const { shell_id } = await registered(shell);
  const sent = await zd.zd('shell', 'send', '--shell', String(shell_id), '--wait', '--timeout', '40', '--', "echo 'one  two'; echo \"three'\"");
  expect(sent).toEqual({ code: 0, stdout: "one  two\nthree'\n", stderr: '' });
  expect(shell.shown.slice(from)).not.toMatch(/unbound|not set|parameter|bad |cannot|No such|error|no matches/i);
  const kept = async () => (await zd.call('history_query', { shell_id, descending: false, limit: 100 })).body.rows.map(({ line }: any) => line);
  for (const line of ["echo 'a  b'", "echo '$(touch never) `touch never`'"])
    await until(`${line} is kept`, async () => (await kept()).includes(line));
  expect(readdirSync(zd.home)).not.toContain('never');
});

test('zd init refuses what it does not know', async () => {
  const { code, stdout } = await runZd(tempHome(), ['init', 'tcsh']);
  expect([code, stdout]).toEqual([2, '']);
});
