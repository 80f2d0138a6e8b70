import { beforeAll, expect, test } from 'bun:test';
import { Database } from 'bun:sqlite';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sodium } from '../helper/broker';
import { startDaemon, tempHome, type TestDaemon } from '../helper/daemon';
import { FakeBroker } from '../helper/fake_broker';
import { connected, hear, linkOf, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const HOUR = 3_600_000;
const home = tempHome();
const clock = join(home, 'clock');
const setClock = (offset: number): void => writeFileSync(clock, String(offset));
const fresh = () => newIdentity(sodium).publicKey;
let daemon: TestDaemon;
let broker: FakeBroker;

const config = (slug: string, brokerUrl: string) => {
  const me = newIdentity(sodium);
  const about = { meshId: `id-${slug}`, memberId: 'm', slug, name: slug, brokerUrl, joinedAt: '2026-01-31T12:00:00Z', rootKey: 'A'.repeat(43) };
  return { version: 1, meshes: [{ ...about, pubkey: me.publicKey, secretKey: me.secretKey }] };
};

beforeAll(async () => {
  setClock(0);
  broker = new FakeBroker().start();
  const preload = resolve(import.meta.dir, '../helper/shifted_clock.ts');
  const env = { ZD_TEST_CLOCK: clock, BUN_OPTIONS: `--preload=${preload}` };
  daemon = await startDaemon({ source: true, home, env, config: '[mesh]\nreconnect_ms = 20\nack_ms = 200\n' });
  await daemon.call('mesh_import', { config: config('one', broker.url) });
  await connected(daemon, 'one');
});

test('an answer that does not come is waited for so long and no longer, and the message goes again', async () => {
  const heard = await hear(daemon, '?kinds=outbox');
  let silent = true;
  broker.onSend = ({ id }) => (silent ? null : { type: 'ack', id, messageId: `m-${id}`, queued: true });
  await send(daemon, { to: fresh(), message: 'x', client_message_id: 'timeout' });
  expect((await heard.next()).data).toMatchObject({ client_message_id: 'timeout', status: 'pending' });
  expect((await heard.next()).data).toMatchObject({ client_message_id: 'timeout', status: 'pending', reason: 'ack_timeout' });
  silent = false;
  expect(await rowIs(daemon, 'timeout', 'done')).toMatchObject({ attempts: 2, last_error: null, broker_message_id: 'm-timeout' });
  heard.close();
  expect(broker.of('send').filter(({ id }) => id === 'timeout').length).toBe(2);
});

test('a clock that is set back holds up nothing that was accepted before, and its order stays', async () => {
  await broker.stop();
  await until('the link is gone', async () => (await linkOf(daemon, 'one')) !== 'open');
  const to = fresh();
  for (const key of ['clock-1', 'clock-2']) expect((await send(daemon, { to, message: 'x', client_message_id: key })).status).toBe(202);
  setClock(-3 * HOUR);
  broker.start();
  for (const key of ['clock-1', 'clock-2']) await rowIs(daemon, key, 'done');
  expect(broker.of('send').flatMap(({ id }) => (String(id).startsWith('clock-') ? [id] : []))).toEqual(['clock-1', 'clock-2']);
  setClock(0);
});

test('the last attempt ends with the reason of its refusal', async () => {
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: '', queued: false, error: 'the broker is confused' });
  await send(daemon, { to: fresh(), message: 'x', client_message_id: 'last' });
  await until('it waits', async () => (await rowOf(daemon, 'last')).last_error === 'the broker is confused');
  await daemon.stop();
  const db = new Database(join(home, 'zd.db'));
  db.run(`UPDATE mesh_outbox SET attempts = 24, next_attempt_at = 0 WHERE client_message_id = 'last'`);
  db.close();
  await daemon.start();
  expect(await rowIs(daemon, 'last', 'dead')).toMatchObject({ attempts: 25, last_error: 'max_attempts: the broker is confused' });
  const again = await send(daemon, { to: fresh(), message: 'x', client_message_id: 'last' });
  expect([again.status, again.body.conflict]).toEqual([409, 'outbox_dead_fingerprint_mismatch']);
});

test('a broker that takes the link and says nothing is left, and named', async () => {
  const mute = new FakeBroker().start();
  mute.onHello = () => ({ type: 'hello_challenge_of_nobody' });
  await daemon.call('mesh_import', { config: config('mute', mute.url) });
  const reason = async () => (await daemon.call('mesh_status')).body.meshes.find((each: { mesh: string }) => each.mesh === 'mute').reason;
  await until('it says why', async () => /did not answer the hello in time/.test((await reason()) ?? ''));
  await daemon.call('mesh_leave', { mesh: 'mute' });
});

test('a session that is away holds up its own messages, in their order, and nobody else’s', async () => {
  const to = fresh();
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: `m-${id}`, queued: true });
  const { onHello } = broker;
  broker.onHello = (hello) => (hello.type === 'session_hello' ? { type: 'error', code: 'unauthorized', message: 'not now' } : onHello(hello));
  const token = 'cd'.repeat(32);
  const session = { token, session_id: crypto.randomUUID(), mesh: 'one', display_name: 'agent', pid: process.pid };
  await v1(daemon, 'POST', 'sessions/register', session);
  const headers = { authorization: `ClaudeMesh-Session ${token}` };
  for (const key of ['session-1', 'session-2']) {
    expect((await send(daemon, { to, message: 'x', client_message_id: key }, headers)).status).toBe(202);
    await until('it waits', async () => (await rowOf(daemon, key)).last_error === 'session_ws_not_open');
  }
  await send(daemon, { to, message: 'x', client_message_id: 'member' });
  const { enqueued_at, next_attempt_at } = await rowIs(daemon, 'member', 'done');
  // Its claim, which is twice as long as an answer is waited for, began with its acceptance.
  expect(Date.parse(next_attempt_at) - Date.parse(enqueued_at)).toBe(400);
  expect((await rowOf(daemon, 'session-1')).status).toBe('pending');
  broker.onHello = onHello;
  await v1(daemon, 'DELETE', `sessions/${token}`);
  await v1(daemon, 'POST', 'sessions/register', session);
  for (const key of ['session-1', 'session-2']) await rowIs(daemon, key, 'done');
  expect(broker.of('send').flatMap(({ id }) => (String(id).startsWith('session-') ? [id] : []))).toEqual(['session-1', 'session-2']);
});

test('what was handed over is wiped unless it is to be kept, and groups are sealed only where readers can open them', async () => {
  broker.onSend = ({ id }) => ({ type: 'ack', id, messageId: `m-${id}`, queued: true });
  const keeps = await startDaemon({ config: '[mesh]\nkeep_sent_bodies = true\n' });
  await keeps.call('mesh_import', { config: config('one', broker.url) });
  await connected(keeps, 'one');
  for (const [zd, kept] of [
    [daemon, false],
    [keeps, true],
  ] as const) {
    const key = `kept-${kept}`;
    await send(zd, { to: '@crew', message: 'all hands', client_message_id: key });
    const { id } = await rowIs(zd, key, 'done');
    expect((await v1(zd, 'GET', `outbox/${id}`)).body.body_kept).toBe(kept);
    // This broker offers nothing, so its clients could not open a sealed one.
    const frame = await broker.next('send', (each) => each.id === key);
    expect([Buffer.from(frame.ciphertext, 'base64').toString(), frame.bodyVersion]).toEqual(['all hands', undefined]);
  }
});
