import { beforeAll, expect, test } from 'bun:test';
import { startBroker, type Mesh, type Seat, type TestBroker } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { arrived, connected, hear, inboxOf, join, linkOf, rowIs, rowOf, send, v1 } from '../helper/mesh';
import { until } from '../helper/until';

const FAST = '[mesh]\nreconnect_ms = 20\n';
let broker: TestBroker;
let mesh: Mesh;
let ada: TestDaemon;
let ben: TestDaemon;
let adaSeat: Seat;
let benSeat: Seat;

beforeAll(async () => {
  broker = await startBroker();
  mesh = await broker.mesh('team');
  [ada, ben] = await Promise.all([startDaemon({ config: FAST }), startDaemon({ config: FAST })]);
  adaSeat = await join(ada, broker, mesh, 'ada');
  benSeat = await join(ben, broker, mesh, 'ben');
});

test('a message goes from one daemon to the other, sealed, and its states are told honestly', async () => {
  const heard = await hear(ben);
  const sent = await send(ada, { to: 'ben', message: 'grüße 🐝', meta: { b: 1, a: [true] }, reply_to_id: 'r1', priority: 'now' });
  expect(sent.status).toBe(202);
  expect(sent.body).toEqual({ client_message_id: expect.stringMatching(/^[0-9A-HJKMNP-TV-Z]{26}$/), status: 'queued' });
  const key = sent.body.client_message_id;
  const { data, id } = await heard.next('message');
  expect(data).toMatchObject({
    mesh: 'team',
    client_message_id: key,
    sender_pubkey: adaSeat.keys.publicKey,
    sender_name: 'ada',
    body: 'grüße 🐝',
    priority: 'now',
  });
  expect(data).toMatchObject({ topic: null, reply_to_id: 'r1', recipient_pubkey: benSeat.keys.publicKey, recipient_kind: 'member' });
  heard.close();
  const [item] = await arrived(ben, 1);
  expect(item).toMatchObject({ body: 'grüße 🐝', signed: true, undecryptable: false, meta: { a: [true], b: 1 }, topic: null, seen_at: null });
  const row = await rowIs(ada, key, 'done');
  expect(row.broker_message_id).toBe(item.broker_message_id);
  const { body } = await v1(ada, 'GET', `outbox/${row.id}/wait?until=stored`);
  expect(body).toMatchObject({ delivery: 'stored_by_recipient', timed_out: false, body_kept: false, to: 'ben' });
  // The stream resumes behind an id.
  const again = await hear(ben, '', { 'last-event-id': id });
  await send(ada, { to: benSeat.keys.publicKey, message: 'second' });
  expect((await again.next('message')).data.body).toBe('second');
  again.close();
});

test('a message to everyone, a group and a topic reaches the others and is sealed under the key of the mesh', async () => {
  const before = (await inboxOf(ben)).length;
  await send(ada, { to: '*', message: 'to all' });
  await send(ada, { to: '#general', message: 'to the topic' });
  const items = (await arrived(ben, before + 2)).slice(before);
  expect(items.map(({ body, topic, signed }) => ({ body, topic, signed }))).toEqual([
    { body: 'to all', topic: '*', signed: true },
    { body: 'to the topic', topic: 'general', signed: true },
  ]);
});

test('what is sent while the recipient is away is there when it is back; while the broker is away too', async () => {
  const before = (await inboxOf(ben)).length;
  await ben.stop();
  await send(ada, { to: benSeat.keys.publicKey, message: 'while you slept', client_message_id: 'away-1' });
  await rowIs(ada, 'away-1', 'done');
  await broker.stop();
  await until('the link is down', async () => (await linkOf(ada, 'team')) !== 'open');
  expect((await send(ada, { to: benSeat.keys.publicKey, message: 'no broker', client_message_id: 'away-2' })).status).toBe(202);
  expect((await rowOf(ada, 'away-2')).status).toBe('pending');
  await ben.start();
  await broker.start();
  await connected(ben, 'team');
  const items = (await arrived(ben, before + 2)).slice(before);
  expect(items.map(({ body }) => body)).toEqual(['while you slept', 'no broker']);
});
