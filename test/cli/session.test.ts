import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { scripted, sessionCalls } from '../helper/sessions';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon({ config: `${scripted('agent')}[session]\nmax_sessions = 2` });
});
const { refused } = sessionCalls(() => daemon);

test('a session from its beginning to its end, with the essential on a pipe', async () => {
  const made = await daemon.zd('session', 'new', 'agent', '--title', 'from the shell', '--cwd', '.');
  expect([made.code, made.stderr]).toEqual([0, '']);
  const id = made.stdout.trim();
  expect(await daemon.zd('session', 'prompt', id, 'say:hello_there', '--wait', '60')).toMatchObject({ code: 0, stdout: 'hello there\n' });
  const asked = await daemon.zd('session', 'prompt', 'from the shell', 'permission', '--wait', '60', '--json');
  expect(JSON.parse(asked.stdout)).toMatchObject({ state: 'waiting', stop_reason: null });
  expect(await daemon.zd('session', 'answer', id, `${id}.a1`, 'deny')).toMatchObject({ code: 0, stdout: 'answered\n' });
  const listed = JSON.parse((await daemon.zd('session', 'list', '--json')).stdout);
  expect(listed.sessions).toMatchObject([{ session_id: id, title: 'from the shell', turns: 2 }]);
  const history = await daemon.zd('session', 'history', id, '--types', 'user', '--types', 'done', '--json');
  expect(
    JSON.parse(history.stdout)
      .events.map((event: { type: string }) => event.type)
      .slice(0, 3),
  ).toEqual(['user', 'done', 'user']);
  expect((await daemon.zd('session', 'close', id)).code).toBe(0);
  expect((await daemon.zd('session', 'prompt', id, 'say:x')).code).toBe(6);
  expect((await daemon.zd('session', 'info', 'nobody')).code).toBe(4);
  expect((await daemon.zd('session', 'remove', id)).code).toBe(0);
});

test('more sessions than may be are refused', async () => {
  for (const id of ['one', 'two']) expect((await daemon.call('session_new', { agent: 'agent', cwd: '/', id })).status).toBe(200);
  expect(await refused('session_new', { agent: 'agent', cwd: '/' })).toEqual([429, 'too_many']);
});
