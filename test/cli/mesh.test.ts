import { beforeAll, expect, test } from 'bun:test';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { startBroker, type Mesh, type Seat, type TestBroker } from '../helper/broker';
import { cleanEnv, runZd, startDaemon, tempHome, ZD, type TestDaemon } from '../helper/daemon';
import { arrived, configOf, connected, join, rowIs, v1 } from '../helper/mesh';
import { until } from '../helper/until';

let broker: TestBroker;
let mesh: Mesh;
let ada: TestDaemon;
let ben: TestDaemon;
let benSeat: Seat;

beforeAll(async () => {
  broker = await startBroker();
  mesh = await broker.mesh('team');
  [ada, ben] = await Promise.all([startDaemon(), startDaemon()]);
  benSeat = await join(ben, broker, mesh, 'ben');
});

test('zd mesh import reads the configuration of claudemesh', async () => {
  expect((await ada.zd('mesh', 'import')).code).toBe(2);
  const seat = await broker.member(mesh, 'ada');
  mkdirSync(joinPath(ada.home, '.claudemesh'), { mode: 0o700 });
  const file = joinPath(ada.home, '.claudemesh', 'config.json');
  writeFileSync(file, '{"meshes": [{"secretKey": "hunter2"', { mode: 0o600 });
  const broken = await ada.zd('mesh', 'import');
  expect([broken.code, broken.stderr]).toEqual([2, expect.not.stringContaining('hunter2')]);
  writeFileSync(file, JSON.stringify(configOf(broker, mesh, seat)), { mode: 0o600 });
  expect((await ada.zd('mesh', 'import')).stdout).toBe('team\n');
  expect((await ada.zd('mesh', 'import')).stderr).toContain('joined already');
  await connected(ada, 'team');
  expect((await ada.zd('mesh', 'status')).stdout).toStartWith('team\topen\t');
  expect((await ada.zd('mesh', 'peers')).stdout).toContain('team\tben\tidle\t');
});

test('zd send prints the key, waits when told to, and says what went wrong', async () => {
  const plain = await ada.zd('send', 'ben', 'hello');
  expect([plain.code, plain.stdout]).toEqual([0, expect.stringMatching(/^[0-9a-f-]{36}\n$/)]);
  const stored = await ada.zd('send', 'ben', 'and this', '--stored', '--idempotency-key', 'mine');
  expect([stored.code, stored.stdout]).toEqual([0, 'stored_by_recipient\n']);
  expect((await ada.zd('send', 'ben', 'and this', '--wait', '--idempotency-key', 'mine')).code).toBe(0);
  const reused = await ada.zd('send', 'ben', 'something else', '--idempotency-key', 'mine');
  expect([reused.code, reused.stderr]).toEqual([6, expect.stringContaining('another message')]);
  const nobody = await ada.zd('send', 'zoe', 'x');
  expect([nobody.code, nobody.stderr]).toEqual([4, expect.stringContaining('peer "zoe" not found')]);
  expect((await runZd(ada.home, ['send', 'ben', '-'], { stdin: 'from a pipe' })).code).toBe(0);
  await arrived(ben, 3);
  await rowIs(ada, 'mine', 'done');
  expect((await ada.zd('outbox', 'show', 'mine', '--json')).stdout).toContain('"delivery":"stored_by_recipient"');
  expect((await ada.zd('outbox', '--status', 'done')).stdout.split('\n').length).toBe(4);
  expect((await ada.zd('outbox', 'show', 'nothing')).code).toBe(4);
});

test('zd inbox shows what arrived, newest first, and marks it', async () => {
  expect((await ben.zd('inbox', '--peek')).stdout.split('\n')[0]).toEndWith('\tteam\tada\t\tfrom a pipe');
  expect((await ben.zd('inbox', '--unread', '--json')).stdout).toContain('"marked_seen":3');
  expect((await ben.zd('inbox', '--unread')).stdout).toBe('');
  expect((await ben.zd('inbox', 'search', 'pipe')).stdout).toContain('from a pipe');
});

test('zd inbox -f prints what is unread and then each message as it comes, once', async () => {
  await ada.zd('send', 'ben', 'before', '--stored');
  const child = Bun.spawn([...ZD, 'inbox', '-f', '-q'], {
    env: cleanEnv(ben.home),
    cwd: ben.home,
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'inherit',
  });
  let said = '';
  const reading = (async () => {
    for await (const chunk of child.stdout) said += Buffer.from(chunk).toString();
  })();
  await until('the first is printed', () => said === 'before\n');
  for (const text of ['one', 'two']) await ada.zd('send', benSeat.keys.publicKey, text, '--stored');
  await until('the others are printed', () => said === 'before\none\ntwo\n');
  await until('they are seen', async () => (await v1(ben, 'GET', 'inbox?unread_only=true&mark_seen=false')).body.items.length === 0);
  child.kill('SIGINT');
  expect(await child.exited).toBe(130);
  await reading;
});

test('without a daemon it says how to start one', async () => {
  const { code, stderr } = await runZd(tempHome(), ['send', 'ben', 'x']);
  expect([code, stderr]).toEqual([3, expect.stringContaining('zd up')]);
});

test('several meshes have to be told apart, and what is too large is told with the limit', async () => {
  const other = await broker.mesh('other');
  await join(ada, broker, other, 'ada');
  const { code, stderr } = await ada.zd('send', 'ben', 'x');
  expect([code, stderr]).toEqual([2, expect.stringContaining('mesh')]);
  expect((await ada.call('mesh_send', { to: 'ben', message: 'x' })).body).toMatchObject({ code: 'mesh_required', attached: ['other', 'team'] });
  expect((await ada.call('mesh_send', { to: 'ben', mesh: 'team', message: 'x'.repeat(60_000) })).body).toMatchObject({
    code: 'too_large',
    limit: 65_536,
  });
  expect((await ada.zd('mesh', 'leave', 'other')).stdout).toBe('other\n');
});
