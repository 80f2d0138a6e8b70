import { beforeAll, expect, test } from 'bun:test';
import { box, startBroker, type Mesh, type Seat, type TestBroker } from '../helper/broker';
import { runZd, startDaemon, type TestDaemon } from '../helper/daemon';
import { arrived, connected, hear, inboxOf, join, linkOf, rowIs, send, v1 } from '../helper/mesh';
import { RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

const FAST = '[mesh]\nreconnect_ms = 20\n';
let broker: TestBroker;
let mesh: Mesh;
let ada: TestDaemon;
let ben: TestDaemon;
let benSeat: Seat;

beforeAll(async () => {
  broker = await startBroker();
  mesh = await broker.mesh('team');
  [ada, ben] = await Promise.all([startDaemon({ config: FAST, source: true }), startDaemon({ config: FAST, source: true })]);
  await join(ada, broker, mesh, 'ada');
  benSeat = await join(ben, broker, mesh, 'ben');
});

/** Sends to ben, and what is in his inbox then. */
async function delivered(key: string, to = benSeat.keys.publicKey): Promise<string> {
  await send(ada, { to, message: key, client_message_id: key });
  const item = await until(`${key} is there`, async () => (await inboxOf(ben)).find(({ client_message_id }) => client_message_id === key));
  await rowIs(ada, key, 'done');
  return item.id;
}

const shown = async (key: string) => (await ada.call('mesh_outbox_get', { message: key })).body;
const isSeen = (key: string) =>
  until(`${key} is seen`, async () => {
    const row = await shown(key);
    return row.delivery === 'seen' && row;
  });

test('the sender learns when a message was seen: by wait, by row, by event, once', async () => {
  const id = await delivered('first');
  expect((await v1(ada, 'GET', `outbox/${(await shown('first')).row_id}/wait?until=stored`)).body).toMatchObject({
    delivery: 'stored_by_recipient',
    seen_at: null,
    seen_by: 0,
    recipients: null,
  });
  expect((await ada.call('mesh_outbox_wait', { message: 'first', until: 'seen', timeout_ms: 20 })).body).toMatchObject({ timed_out: true });
  const heard = await hear(ada, '?kinds=receipt');
  const waiting = ada.call('mesh_outbox_wait', { message: 'first', until: 'seen', timeout_ms: 20_000 });
  expect((await v1(ben, 'POST', 'inbox/seen', { ids: [id] })).body).toEqual({ marked_seen: 1 });
  expect((await waiting).body).toMatchObject({ delivery: 'seen', timed_out: false, seen_by: 1, recipients: 1, seen_at_ns: expect.any(Number) });
  expect((await heard.next('receipt')).data).toMatchObject({ client_message_id: 'first', delivery: 'seen', seen_by: 1, recipients: 1 });
  heard.close();
  expect((await v1(ada, 'GET', 'outbox?client_message_id=first')).body.items[0]).toMatchObject({ delivery: 'seen', seen_at: expect.any(String) });
  // Seen again is no news.
  expect((await v1(ben, 'POST', 'inbox/seen', { ids: [id] })).body).toEqual({ marked_seen: 0 });
  const { body } = await ada.call('event_list', { kind: 'mesh', topic: 'receipt', limit: 100 });
  expect(body.events.filter(({ data }: any) => data.client_message_id === 'first' && data.delivery === 'seen')).toHaveLength(1);
});

test('reading the inbox is seeing it, `zd send --seen` waits for it, and the table says so', async () => {
  const waiting = runZd(ada.home, ['send', 'ben', 'look at me', '--seen', '--idempotency-key', 'second']);
  await until('it is there', async () => (await inboxOf(ben)).some(({ client_message_id }) => client_message_id === 'second'));
  expect((await runZd(ben.home, ['inbox'])).stdout).toContain('look at me');
  const { code, stdout } = await waiting;
  expect([code, stdout.trim()]).toEqual([0, 'seen']);
  expect((await runZd(ada.home, ['outbox', '--json'])).stdout).toContain('"delivery":"seen"');
});

test('of several recipients each counts, and it is seen when all have seen it', async () => {
  const cem = await broker.member(mesh, 'cem');
  const id = await delivered('to-all', '*');
  await v1(ben, 'POST', 'inbox/seen', { ids: [id] });
  const row = await until('one has seen it', async () => {
    const now = await shown('to-all');
    return now.seen_by === 1 && now;
  });
  // Ben, Cem, who was never there, and the owner of the mesh.
  expect(row).toMatchObject({ recipients: 3, seen_at_ns: null, delivery: 'handed_to_broker' });
  for (const [seat, many] of [
    [cem, 2],
    [mesh.owner, 3],
  ] as const) {
    const client = await RawClient.join(broker, seat);
    const push = await client.next((frame) => frame.client_message_id === 'to-all');
    expect(await client.ask({ type: 'message_seen', messages: [{ messageId: push.messageId, seenAt: Date.now() }] })).toMatchObject({
      type: 'message_seen_ack',
    });
    await until(`${many} have seen it`, async () => (await shown('to-all')).seen_by === many);
    await client.close();
  }
  expect(await shown('to-all')).toMatchObject({ delivery: 'seen', seen_by: 3, recipients: 3 });
});

test('what is seen while the broker, or the sender, is away arrives when they are back', async () => {
  const [one, two] = [await delivered('broker-away'), await delivered('sender-away')];
  await broker.stop('SIGKILL');
  await until('the link is down', async () => (await linkOf(ben, 'team')) !== 'open');
  await v1(ben, 'POST', 'inbox/seen', { ids: [one] });
  await broker.start();
  await Promise.all([connected(ada, 'team'), connected(ben, 'team')]);
  await isSeen('broker-away');
  await ada.kill();
  await v1(ben, 'POST', 'inbox/seen', { ids: [two] });
  await ada.restart();
  await isSeen('sender-away');
});

test('killed before it told the broker, and killed before it confirmed: told again, and once', async () => {
  const one = await delivered('reader-killed');
  await ben.restart({ ZD_FAILPOINTS: 'mesh.before_seen_told=kill' });
  await connected(ben, 'team');
  await v1(ben, 'POST', 'inbox/seen', { ids: [one] }).catch(() => null);
  await ben.ended();
  await ben.restart({});
  await isSeen('reader-killed');
  await connected(ben, 'team');
  const two = await delivered('sender-killed');
  await ada.restart({ ZD_FAILPOINTS: 'mesh.before_receipts_ack=kill' });
  await connected(ada, 'team');
  await v1(ben, 'POST', 'inbox/seen', { ids: [two] });
  await ada.ended();
  await ada.restart({});
  await isSeen('sender-killed');
  const { body } = await ada.call('event_list', { kind: 'mesh', topic: 'receipt', order: 'desc', limit: 200 });
  for (const key of ['reader-killed', 'sender-killed'])
    expect(body.events.filter(({ data }: any) => data.client_message_id === key && data.delivery === 'seen')).toHaveLength(1);
});

test('nobody can say for others that they have seen a message', async () => {
  await delivered('private');
  const { broker_message_id } = await shown('private');
  const other = await RawClient.join(broker, await broker.member(mesh, 'eve'));
  const claim = { type: 'message_seen', messages: [{ messageId: broker_message_id, seenAt: 1 }] };
  expect((await other.ask(claim)).type).toBe('message_seen_ack');
  expect((await other.ask({ ...claim, messages: [{ messageId: 'no-such-message', seenAt: 1 }] })).type).toBe('message_seen_ack');
  expect((await other.ask({ ...claim, messages: 'all' })).code).toBe('invalid_frame');
  other.send({ type: 'receipts_ack', receipts: [{ messageId: broker_message_id, seen: 9 }] });
  await other.ask({ type: 'list_peers' });
  expect(await shown('private')).toMatchObject({ seen_by: 0, seen_at_ns: null });
  await other.close();
});

test('a client that did not ask for receipts gets none, and a reader may keep to himself what he saw', async () => {
  const seat = await broker.member(mesh, 'plain');
  const plain = await RawClient.join(broker, seat);
  const ack = await plain.post(benSeat.keys.publicKey, box.seal('hi', benSeat.keys.publicKey, seat.keys.secretKey), {
    client_message_id: 'from-plain',
  });
  expect(ack.queued).toBe(true);
  const item = await until('it is there', async () => (await inboxOf(ben)).find(({ client_message_id }) => client_message_id === 'from-plain'));
  await v1(ben, 'POST', 'inbox/seen', { ids: [item.id] });
  await plain.ask({ type: 'feature_negotiation_request', optional: ['zd_seen_receipts'] });
  const told = await plain.next('receipts');
  expect(told.receipts).toEqual([{ messageId: ack.messageId, clientMessageId: 'from-plain', seen: 1, recipients: 1, seenAt: expect.any(Number) }]);
  await plain.close();
  const quiet = await startDaemon({ config: '[mesh]\ntell_seen = false\n' });
  const quietSeat = await join(quiet, broker, mesh, 'quiet');
  await send(ada, { to: quietSeat.keys.publicKey, message: 'psst', client_message_id: 'quiet' });
  const [message] = await arrived(quiet, 1);
  expect((await v1(quiet, 'POST', 'inbox/seen', { ids: [message.id] })).body).toEqual({ marked_seen: 1 });
  await rowIs(ada, 'quiet', 'done');
  // What it does tell comes behind what it would have told.
  const again = await delivered('behind');
  await v1(ben, 'POST', 'inbox/seen', { ids: [again] });
  await isSeen('behind');
  expect((await shown('quiet')).seen_by).toBe(0);
});
