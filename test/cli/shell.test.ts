import { afterAll, beforeAll, expect, test } from 'bun:test';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runZd, startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { ShellRig } from '../helper/shells';
import { until } from '../helper/until';

let zd: TestDaemon;
const rig = new ShellRig(() => zd);
beforeAll(async () => {
  zd = await startDaemon();
});
afterAll(() => rig.close());

const KEY = 'the-key-of-this-test';

test('zd shell register takes the key from the environment, and then every verb speaks as the shell', async () => {
  const child = rig.process();
  const run = (...args: string[]) => runZd(zd.home, args, { env: { ZD_SHELL_KEY: KEY } });
  const { code, stdout } = await run('shell', 'register', '--pid', String(child.pid), '--cwd', '/tmp', '--tag', 'web', '--tag', 'blue');
  expect(code).toBe(0);
  const id = Number(stdout);
  expect((await run('shell', 'tag', 'green')).stdout).toBe('blue\ngreen\nweb\n');
  expect((await run('shell', 'untag', 'web')).stdout).toBe('blue\ngreen\n');
  expect((await zd.zd('shell', 'list', '--tag', 'green')).stdout).toStartWith(`${id}\t${child.pid}\t`);
  expect((await zd.zd('shell', 'tag', 'x')).code).toBe(4);
  expect((await run('shell', 'register', '--pid', String(child.pid), '--accept-send')).code).toBe(0);
  expect(JSON.parse((await zd.zd('shell', 'list', '--json')).stdout).shells.find((each: any) => each.shell_id === id).accept_send).toBe(true);
  expect((await run('shell', 'unregister')).stdout).toBe('true\n');
});

test('zd shell send prints every answer and returns the code', async () => {
  const [one, two] = [await rig.socket({ accept_send: true, tags: ['pair'] }), await rig.socket({ accept_send: true, tags: ['pair'] })];
  const answer = async (shell: typeof one, said: object) => {
    const { delivery_id, command } = await shell.event();
    expect(command).toBe('make -k test');
    await shell.call('cmd_result', { delivery_id, ...said });
  };
  const both = zd.zd('shell', 'send', '--tag', 'pair', '--wait', '--', 'make', '-k', 'test');
  await answer(one, { exit_code: 0, stdout: 'fine\n' });
  await answer(two, { exit_code: 3, stderr: 'bad\n' });
  expect(await both).toEqual({ code: 3, stdout: 'fine\n', stderr: `== shell ${one.id}\n== shell ${two.id}\nbad\n` });
  const late = await zd.zd('shell', 'send', '--shell', String(one.id), '--wait', '--timeout', '0.05', '--', 'make', '-k', 'test');
  expect(late.code).toBe(124);
  expect(await zd.zd('shell', 'send', '--shell', String(one.id), 'x')).toEqual({ code: 0, stdout: '', stderr: 'delivered to 1 shell\n' });
  for (const each of [one, two]) each.ws.close();
});

test('a command line that is not clear is refused before anything is sent', async () => {
  const home = tempHome();
  for (const args of [
    ['shell', 'send', 'x'],
    ['shell', 'send', '--all'],
    ['shell', 'send', '--all', '--tag', 'a', 'x'],
    ['shell', 'notify', '--all'],
    ['shell', 'notify', 'x'],
    ['ask', 'ask', 'input'],
    ['ask', 'ask', 'popup', '--all'],
    ['ask', 'ask', 'input', '--all', '--payload', '[1]'],
  ])
    expect([args, (await runZd(home, args)).code]).toEqual([args, 2]);
  expect((await runZd(home, ['shell', 'send', '--all', 'x'])).code).toBe(3);
});

test('zd shell result sends files and removes them', async () => {
  const shell = await rig.member({ accept_send: true, bell: 'SIGURG' });
  const sent = zd.zd('shell', 'send', '--shell', String(shell.id), '--wait', 'echo');
  const [parcel] = await until('it is there', async () => {
    const { deliveries } = (await shell.call('take_deliveries')).body;
    return deliveries.length > 0 && deliveries;
  });
  const [out, err] = [join(zd.home, 'out'), join(zd.home, 'err')];
  writeFileSync(out, 'printed\n');
  writeFileSync(err, '');
  const run = (...args: string[]) => runZd(zd.home, ['shell', 'result', ...args], { env: { ZD_SHELL_KEY: shell.key } });
  expect((await run(parcel.delivery_id, '--exit', '0', '--stdout-file', out, '--stderr-file', err)).stdout).toBe('true\n');
  expect(await sent).toMatchObject({ code: 0, stdout: 'printed\n' });
  expect([existsSync(out), existsSync(err)]).toEqual([false, false]);
  expect((await run(parcel.delivery_id, '--stdout-file', out)).code).toBe(4);
});

test('zd ask asks, shows, takes and answers', async () => {
  const shell = await rig.member();
  const inside = (...args: string[]) => runZd(zd.home, args, { env: { ZD_SHELL_KEY: shell.key } });
  const asked = zd.zd('ask', 'ask', 'picker', '--shell', String(shell.id), '--prompt', 'Which?', '--item', 'a', '--item', 'b', '--wait');
  const [id] = await until('it waits', async () => /ask-\d+/.exec((await inside('ask', 'pending')).stdout));
  expect((await inside('ask', 'pending')).stdout).toMatch(new RegExp(`^${id}\tpicker\tnormal\t0\t\\d+\tWhich\\?\n$`));
  expect(JSON.parse((await inside('ask', 'take', '--json')).stdout)).toMatchObject({
    request_id: id,
    payload: { prompt: 'Which?', items: ['a', 'b'] },
  });
  expect((await inside('ask', 'answer', id!, 'b')).code).toBe(0);
  expect(await asked).toEqual({ code: 0, stdout: 'b\n', stderr: '' });
  const second = (await zd.zd('ask', 'ask', 'dialog', '--shell', String(shell.id), '--urgency', 'high')).stdout.trim();
  expect((await inside('ask', 'dismiss', second)).stdout).toBe('1\n');
  expect(JSON.parse((await zd.zd('ask', 'wait', second, '--json')).stdout)).toMatchObject({ state: 'cancelled', reason: 'dismissed' });
  const over = await zd.zd('ask', 'ask', 'input', '--shell', String(shell.id), '--expire', '0.001', '--wait');
  expect(over.code).toBe(124);
});
