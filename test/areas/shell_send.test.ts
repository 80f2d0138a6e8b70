import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { ShellRig, type SocketShell } from '../helper/shells';
import { until } from '../helper/until';

let zd: TestDaemon;
const rig = new ShellRig(() => zd);
beforeAll(async () => {
  zd = await startDaemon({ env: { USER: 'alice' } });
});
afterAll(() => rig.close());

const refused = async (answer: Promise<{ status: number; body: any }>) => {
  const { status, body } = await answer;
  return [status, body.code];
};
const open: SocketShell[] = [];
const willing = async (wish: object = {}) => {
  const shell = await rig.socket({ accept_send: true, ...wish });
  open.push(shell);
  return shell;
};
const leave = async () => {
  for (const each of open.splice(0)) {
    await each.call('unregister');
    each.ws.close();
  }
};

describe('send', () => {
  test('a command comes to a shell that accepts them, and its answer goes to who waits', async () => {
    const target = await willing();
    const sent = zd.call('send', { command: 'echo hi', target: { shell_id: target.id }, wait: true });
    const frame = await target.event();
    expect(frame).toMatchObject({ event: 'cmd:execute', from_shell: 0, command: 'echo hi', wait: true });
    expect(frame.delivery_id).toMatch(/^send-[0-9a-f]{32}$/);
    expect(await target.call('cmd_result', { delivery_id: frame.delivery_id, exit_code: 3, stdout: 'hi\n' })).toMatchObject({
      ok: true,
      resolved: true,
    });
    expect((await sent).body).toMatchObject({
      delivered_to: [target.id],
      delivered_count: 1,
      wait: true,
      delivery_id: frame.delivery_id,
      result: { exit_code: 3, stdout: 'hi\n', stderr: '' },
      timed_out: false,
    });
    expect(await target.call('cmd_result', { delivery_id: frame.delivery_id })).toMatchObject({ resolved: false });
    await leave();
  });

  test('nothing comes to a shell that did not opt in', async () => {
    const mute = await rig.socket({ tags: ['consent'] });
    expect(await refused(zd.call('send', { command: 'rm -rf /', target: { shell_id: mute.id } }))).toEqual([403, 'not_accepting']);
    expect(await refused(zd.call('send', { command: 'rm -rf /', target: { tag: 'consent' } }))).toEqual([403, 'not_accepting']);
    const yes = await willing({ tags: ['consent'] });
    const { body } = await zd.call('send', { command: 'true', target: { tag: 'consent' } });
    expect(body).toMatchObject({ delivered_to: [yes.id], refused: [mute.id] });
    expect((await yes.event()).command).toBe('true');
    expect(mute.pending()).toBe(0);
    // Taking the consent back holds at once.
    await yes.call('register', { accept_send: false });
    expect(await refused(zd.call('send', { command: 'true', target: { shell_id: yes.id } }))).toEqual([403, 'not_accepting']);
    mute.ws.close();
    await leave();
  });

  test('only a target answers', async () => {
    const [target, other] = [await willing(), await willing()];
    const sent = zd.call('send', { command: 'x', target: { shell_id: target.id }, wait: true });
    const { delivery_id } = await target.event();
    expect((await other.call('cmd_result', { delivery_id, exit_code: 0 })).err.code).toBe('not_target');
    expect(await refused(zd.call('cmd_result', { delivery_id, exit_code: 0 }))).toEqual([403, 'not_target']);
    expect((await zd.call('cmd_result', { delivery_id: `send-${'0'.repeat(32)}` })).body.resolved).toBe(false);
    await target.call('cmd_result', { delivery_id, exit_code: 7 });
    expect((await sent).body.result.exit_code).toBe(7);
    await leave();
  });

  test('every target’s answer is returned, the first as the result', async () => {
    const all = [await willing(), await willing(), await willing()];
    const sent = all[0]!.call('send', { command: 'hostname', target: { all: true }, wait: true });
    for (const [at, shell] of [all[2]!, all[1]!].entries()) {
      const { delivery_id, from_shell } = await shell.event();
      expect(from_shell).toBe(all[0]!.id);
      await shell.call('cmd_result', { delivery_id, exit_code: at, stdout: `${shell.id}` });
    }
    const reply = await sent;
    expect(reply.results).toMatchObject([
      { shell_id: all[2]!.id, exit_code: 0 },
      { shell_id: all[1]!.id, exit_code: 1 },
    ]);
    expect(reply.result.stdout).toBe(String(all[2]!.id));
    expect(all[0]!.pending()).toBe(0);
    await leave();
  });

  test('a time that runs out is a success that says so, and the late answer is not resolved', async () => {
    const [quick, slow] = [await willing(), await willing()];
    const sent = zd.call('send', { command: 'x', target: { all: true }, wait: true, timeout_ms: 6000 });
    const { delivery_id } = await quick.event();
    await quick.call('cmd_result', { delivery_id, exit_code: 0 });
    expect((await sent).body).toMatchObject({ timed_out: true, results: [{ shell_id: quick.id }] });
    expect(await slow.call('cmd_result', { delivery_id, exit_code: 0 })).toMatchObject({ resolved: false });
    await leave();
  });

  test('a target that ends is not waited for', async () => {
    const target = await willing();
    const sent = zd.call('send', { command: 'x', target: { shell_id: target.id }, wait: true });
    await target.event();
    await rig.end(target.pid);
    expect((await sent).body).toMatchObject({ result: null, results: [], timed_out: false });
    open.splice(0);
  });

  test('a shell without a connection is not reached, and nobody waits', async () => {
    const target = await willing();
    target.ws.close();
    await until('it is gone', async () => (await zd.call('list_shells')).body.shells.every((each: any) => each.connections === 0));
    const { body } = await zd.call('send', { command: 'x', target: { shell_id: target.id }, wait: true });
    expect(body).toMatchObject({ delivered_to: [], delivered_count: 0, wait: true, result: null, timed_out: false, not_reached: [target.id] });
    expect(body).not.toHaveProperty('delivery_id');
    open.splice(0);
  });

  test('a target must be one', async () => {
    expect(await refused(zd.call('send', { command: 'x', target: { shell_id: 999_999 } }))).toEqual([404, 'no_shell']);
    expect(await refused(zd.call('send', { command: 'x', target: { user: 'mallory' } }))).toEqual([404, 'user_mismatch']);
    expect(await refused(zd.call('send', { command: 'x', target: { self: true } }))).toEqual([404, 'no_shell']);
    for (const target of [{}, { all: false }, { tag: 'a.b' }, { shell_id: 0 }, { who: 1 }, undefined])
      expect(await refused(zd.call('send', { command: 'x', target }))).toEqual([400, 'bad_args']);
    for (const command of ['', 'a\0b', 5]) expect(await refused(zd.call('send', { command, target: { tag: 'none' } }))).toEqual([400, 'bad_args']);
    expect((await zd.call('send', { command: 'x', target: { tag: 'none' } })).body).toMatchObject({ delivered_to: [], delivered_count: 0 });
  });

  test('tag means the sender too unless it says not', async () => {
    const self = await willing({ tags: ['team'] });
    expect((await self.call('send', { command: 'x', target: { tag: 'team' } })).delivered_to).toEqual([self.id]);
    expect((await self.call('send', { command: 'x', target: { tag: 'team', exclude_self: true } })).delivered_to).toEqual([]);
    expect((await self.call('send', { command: 'x', target: { user: 'alice' } })).delivered_to).toEqual([]);
    await leave();
  });

  test('there is a limit of commands under way', async () => {
    const target = await willing();
    const codes: number[] = [];
    for (let at = 0; at < 1001; at++) codes.push((await zd.call('send', { command: 'x', target: { shell_id: target.id } })).status);
    expect(codes.filter((status) => status === 200).length).toBe(1000);
    expect(codes.at(-1)).toBe(429);
    await leave();
  });
});

describe('a shell that fetches', () => {
  test('gets what waits for it, once', async () => {
    const child = Bun.spawn(['bash', '-c', 'trap "echo rang" WINCH; echo ready; while :; do sleep 0.02; done'], { stdout: 'pipe' });
    const out = child.stdout.getReader();
    const said = async () => new TextDecoder().decode((await out.read()).value);
    expect(await said()).toBe('ready\n');
    const shell = await rig.member({ accept_send: true, bell: 'SIGWINCH' }, child as never);
    const sent = zd.call('send', { command: 'make', target: { shell_id: shell.id }, wait: true });
    expect(await said()).toStartWith('rang\n');
    const { deliveries } = (await shell.call('take_deliveries')).body;
    expect(deliveries).toMatchObject([{ kind: 'command', text: 'make', from_shell: 0 }]);
    expect((await shell.call('take_deliveries')).body.deliveries).toEqual([]);
    await shell.call('cmd_result', { delivery_id: deliveries[0].delivery_id, exit_code: 0, stdout: 'made' });
    expect((await sent).body.result.stdout).toBe('made');
    expect((await zd.call('notify', { message: 'look', target: { shell_id: shell.id } })).body.delivered_to).toEqual([shell.id]);
    expect((await shell.call('take_deliveries')).body.deliveries).toMatchObject([{ kind: 'notify', text: 'look', urgency: 'normal' }]);
    // What was not fetched in time is never run.
    await zd.call('send', { command: 'late', target: { shell_id: shell.id }, timeout_ms: 1 });
    await until('its time is over', () => !readdirSync(join(zd.home, 'shells')).some((file) => file.startsWith(`${shell.pid}.`)));
    expect((await shell.call('take_deliveries')).body.deliveries).toEqual([]);
    child.kill('SIGKILL');
  });

  test('is rung for again when it did not hear the bell', async () => {
    const deaf = 'n=0; trap "n=\\$((n+1)); echo \\$n" WINCH; echo ready; while :; do sleep 0.02; done';
    const child = Bun.spawn(['bash', '-c', deaf], { stdout: 'pipe' });
    let said = '';
    const read = (async () => {
      for await (const chunk of child.stdout) said += new TextDecoder().decode(chunk);
    })();
    await until('it listens', () => said.includes('ready'));
    const shell = await rig.member({ accept_send: true, bell: 'SIGWINCH' }, child as never);
    await zd.call('send', { command: 'make', target: { shell_id: shell.id } });
    await until('the second bell', () => said.includes('2'));
    expect((await shell.call('take_deliveries')).body.deliveries).toMatchObject([{ kind: 'command', text: 'make' }]);
    child.kill('SIGKILL');
    await read;
  });
});

test('a notification comes to every connection', async () => {
  const [one, two] = [await rig.socket(), await rig.socket()];
  const { body } = await zd.call('notify', { message: 'tea', urgency: 'low', target: { all: true } });
  expect(body.delivered_to).toEqual(expect.arrayContaining([one.id, two.id]));
  for (const each of [one, two]) expect(await each.event()).toMatchObject({ event: 'notify', from_shell: 0, message: 'tea', urgency: 'low' });
  expect(await refused(zd.call('notify', { message: 'x', target: { shell_id: 999_999 } }))).toEqual([404, 'no_shell']);
  expect(await refused(zd.call('notify', { message: 'x', target: { user: 'mallory' } }))).toEqual([404, 'user_mismatch']);
  for (const each of [one, two]) each.ws.close();
});
