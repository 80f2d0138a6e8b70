import { expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sign, SIGNED } from '../../src/areas/mesh/wire/signature';
import { box, sodium, startBroker, type Seat } from '../helper/broker';
import { RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

/** Frames as a claudemesh client writes them, member by member; nothing of zd's own is in them. */
const broker = await startBroker();
const mesh = await broker.mesh();
const [ann, bob] = [await broker.member(mesh, 'ann'), await broker.member(mesh, 'bob')];

const signed = (text: string, { keys }: Pick<Seat, 'keys'>) => sign(sodium, text, keys.secretKey);

async function daemon(seat: Seat, pid: number): Promise<RawClient> {
  const timestamp = Date.now();
  const client = await RawClient.open(broker.url);
  client.send({
    type: 'hello',
    meshId: seat.meshId,
    memberId: seat.memberId,
    pubkey: seat.keys.publicKey,
    displayName: seat.name,
    sessionId: `daemon-${pid}`,
    pid,
    cwd: '/home/u',
    hostname: 'h',
    peerType: 'ai',
    channel: 'claudemesh-daemon',
    groups: [{ name: 'backend', role: 'lead' }],
    timestamp,
    signature: signed(SIGNED.hello(seat.meshId, seat.memberId, seat.keys.publicKey, timestamp), seat),
  });
  const ack = await client.next('hello_ack');
  expect(ack).toMatchObject({ presenceId: expect.any(String), memberDisplayName: seat.name, memberProfile: { messageMode: 'push' } });
  return client;
}

test('a daemon sends and gets, with ids of its own and without', async () => {
  const [a, b] = [await daemon(ann, 11), await daemon(bob, 12)];
  b.acknowledges = false;
  const sealed = box.seal('hello', bob.keys.publicKey, ann.keys.secretKey);
  a.send({
    ...{ type: 'send', id: 'key-A', client_message_id: 'key-A', request_fingerprint: 'cd'.repeat(32), targetSpec: bob.keys.publicKey },
    ...{ priority: 'next', ...sealed },
  });
  const ack = await a.next((frame) => frame.id === 'key-A');
  expect(ack).toMatchObject({ type: 'ack', queued: true, messageId: expect.stringMatching(/^[0-9A-Za-z]{8,32}$/) });
  const push = await b.next((frame) => frame.client_message_id === 'key-A');
  expect(push).toMatchObject({ type: 'push', meshId: mesh.id, senderPubkey: ann.keys.publicKey, senderName: 'ann', priority: 'next', ...sealed });
  expect(new Date(push.createdAt).toISOString()).toBe(push.createdAt);
  b.send({ type: 'client_ack', clientMessageId: 'key-A', brokerMessageId: push.messageId });
  // The command line of the reference numbers its sends and brings no id: two alike are two.
  for (const id of ['1', '2']) a.send({ type: 'send', id, targetSpec: bob.keys.publicKey, priority: 'now', ...sealed });
  await until('both are there', () => b.pushes().length === 3);
  const [, second, third] = b.pushes();
  expect(second!.messageId).not.toBe(third!.messageId);
  expect(second!.client_message_id).toBeUndefined();
  for (const each of [second!, third!]) b.send({ type: 'client_ack', brokerMessageId: each.messageId });
  await until('all are delivered', async () => (await broker.metrics()).get('zd_broker_undelivered') === 0);
  await Promise.all([a.close(), b.close()]);
});

test('a command line with a session key of its own is a session of its member', async () => {
  const [a, session, timestamp] = [await daemon(ann, 11), newIdentity(sodium), Date.now()];
  const client = await RawClient.open(broker.url);
  client.send({
    ...{ type: 'hello', meshId: bob.meshId, memberId: bob.memberId, pubkey: bob.keys.publicKey, sessionPubkey: session.publicKey },
    ...{ displayName: 'bob', sessionId: 's-1', pid: 9, cwd: '/', hostname: 'h', peerType: 'ai', channel: 'claude-code', timestamp },
    signature: signed(SIGNED.hello(bob.meshId, bob.memberId, bob.keys.publicKey, timestamp), bob),
  });
  await client.next('hello_ack');
  client.send({ type: 'list_peers', _reqId: 'pl-1' });
  const { peers } = await client.next((frame) => frame._reqId === 'pl-1');
  const mine = peers.find((peer: { pubkey: string }) => peer.pubkey === session.publicKey);
  expect(mine).toMatchObject({ memberPubkey: bob.keys.publicKey, displayName: 'bob', peerRole: 'session', channel: 'claude-code', groups: [] });
  // To the session's key, and to the member's: both come here.
  for (const [key, id] of [[session.publicKey, 'to-session'], [bob.keys.publicKey, 'to-member']] as const)
    a.send({ type: 'send', id, client_message_id: id, targetSpec: key, priority: 'next', ...box.seal(id, key, ann.keys.secretKey) });
  await until('both are there', () => client.pushes().length === 2);
  expect(client.pushes().map((push) => box.open(push as never, push.senderPubkey, [session.secretKey, bob.keys.secretKey]))).toEqual(['to-session', 'to-member']);
  await Promise.all([a.close(), client.close()]);
});

test('an unknown frame, a request without an answer of its own, and an error under its number', async () => {
  const a = await daemon(ann, 11);
  a.send({ type: 'vector_search', _reqId: 'v-1' });
  expect(await a.next((frame) => frame._reqId === 'v-1')).toMatchObject({ type: 'error', code: 'unknown_message_type' });
  a.send({ type: 'topic_history', topic: 'nowhere', id: 't-1' });
  expect(await a.next((frame) => frame.id === 't-1')).toMatchObject({ type: 'error', code: 'topic_not_found' });
  a.send({ type: 'send', id: 's-1', client_message_id: 's-1', targetSpec: 'ee'.repeat(32), priority: 'next', nonce: '', ciphertext: '' });
  const refused = await a.next((frame) => frame.id === 's-1');
  expect([refused.type, refused.queued, refused.messageId, typeof refused.error]).toEqual(['ack', false, '', 'string']);
  await a.close();
});
