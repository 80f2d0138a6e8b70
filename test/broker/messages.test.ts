import { expect, test } from 'bun:test';
import { plainBody, readPlainBody } from '../../src/areas/mesh/wire/open_body';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { box, sodium, startBroker } from '../helper/broker';
import { RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker();
const mesh = await broker.mesh();
const [ann, bob, cem] = [await broker.member(mesh, 'Ann'), await broker.member(mesh, 'Bob'), await broker.member(mesh, 'Cem')];

test('a direct message arrives with every member, and is done when it is acknowledged', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  const sealed = box.seal('hello', bob.keys.publicKey, ann.keys.secretKey);
  const fingerprint = 'ab'.repeat(32);
  const ack = await a.post(bob.keys.publicKey, sealed, {
    client_message_id: 'first',
    request_fingerprint: fingerprint,
    replyToId: 'r',
    meta: { z: 1 },
  });
  expect(ack).toMatchObject({ type: 'ack', id: 'first', queued: true, duplicate: false });
  const push = await b.next((frame) => frame.messageId === ack.messageId);
  expect(push).toMatchObject({
    ...{ type: 'push', meshId: mesh.id, senderPubkey: ann.keys.publicKey, senderMemberPubkey: ann.keys.publicKey, senderName: 'Ann' },
    ...{ client_message_id: 'first', request_fingerprint: fingerprint, replyToId: 'r', meta: { z: 1 }, priority: 'next', ...sealed },
  });
  expect(box.open(push as never, push.senderPubkey, [bob.keys.secretKey])).toBe('hello');
  const status = await until('it is delivered', async () => {
    const reply = await a.ask({ type: 'message_status', messageId: ack.messageId.slice(0, 12) });
    return reply.delivered && reply;
  });
  expect(status.recipients).toEqual([{ name: 'Bob', pubkey: bob.keys.publicKey, status: 'delivered' }]);
  await Promise.all([a.close(), b.close()]);
});

test('a message to somebody offline waits, in order, and comes once', async () => {
  const a = await RawClient.join(broker, ann);
  const acks = [];
  for (let at = 0; at < 600; at++)
    acks.push(a.post(cem.keys.publicKey, box.seal(`m${at}`, cem.keys.publicKey, ann.keys.secretKey), { client_message_id: `off-${at}` }));
  expect((await Promise.all(acks)).every(({ queued }) => queued)).toBe(true);
  const c = await RawClient.join(broker, cem);
  await until('all are there', () => c.pushes().length >= 600);
  expect(c.pushes().map((push) => push.client_message_id)).toEqual(Array.from({ length: 600 }, (_, at) => `off-${at}`));
  await until('all are acknowledged', async () => (await a.ask({ type: 'message_status', messageId: c.pushes()[599]!.messageId })).delivered);
  await c.close();
  const again = await RawClient.join(broker, cem);
  await again.ask({ type: 'list_peers' });
  expect(again.pushes()).toEqual([]);
  await Promise.all([a.close(), again.close()]);
});

test('an id is taken once: the same again is answered as before, another under it is refused', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  const sealed = box.seal('once', bob.keys.publicKey, ann.keys.secretKey);
  const key = { client_message_id: 'same', request_fingerprint: '11'.repeat(32) };
  const acks = await Promise.all(Array.from({ length: 20 }, () => a.post(bob.keys.publicKey, sealed, key)));
  expect(new Set(acks.map(({ messageId }) => messageId)).size).toBe(1);
  expect(acks.filter(({ duplicate }) => duplicate === true).length).toBe(19);
  expect(acks.find(({ duplicate }) => duplicate)!.first_seen_at).toMatch(/^\d{4}-.*Z$/);
  const other = await a.post(bob.keys.publicKey, sealed, { ...key, request_fingerprint: '22'.repeat(32) });
  expect(other).toMatchObject({ queued: false, conflict: 'request_fingerprint_mismatch', broker_fingerprint_prefix: '11'.repeat(8) });
  // Another sender's ids are its own.
  const c = await RawClient.join(broker, cem);
  expect((await c.post(bob.keys.publicKey, box.seal('mine', bob.keys.publicKey, cem.keys.secretKey), key)).duplicate).toBe(false);
  await until('both are there', () => b.pushes().filter((push) => push.client_message_id === 'same').length === 2);
  expect(new Set(b.pushes().map((push) => push.senderPubkey))).toEqual(new Set([ann.keys.publicKey, cem.keys.publicKey]));
  await Promise.all([a.close(), b.close(), c.close()]);
});

test('a broadcast and a group reach each member once, also those who are away', async () => {
  const groups = [{ name: 'eng/api' }];
  const b = await RawClient.join(broker, bob, { groups });
  await b.close();
  const [a, c] = [await RawClient.join(broker, ann), await RawClient.join(broker, cem)];
  const all = await a.post('*', plainBody('everyone'), { client_message_id: 'all-1' });
  expect((await a.post('*', plainBody('everyone'), { client_message_id: 'all-1', ...plainBody('x') })).conflict).toBe('request_fingerprint_mismatch');
  const group = await a.post('@eng', plainBody('engineers'), { client_message_id: 'eng-1' });
  const nobody = await a.post('@marketing', plainBody('anyone?'), { client_message_id: 'none-1' });
  expect([all.queued, group.queued, nobody.queued]).toEqual([true, true, true]);
  const push = await c.next((frame) => frame.messageId === all.messageId);
  expect([readPlainBody(push as never), push.client_message_id, push.targetSpec]).toEqual(['everyone', 'all-1', '*']);
  const back = await RawClient.join(broker, bob);
  await until('both waited for Bob', () => back.pushes().length >= 2);
  expect(back.pushes().map(({ messageId }) => messageId)).toEqual([all.messageId, group.messageId]);
  await until('the broadcast is delivered', async () => {
    const { recipients } = await a.ask({ type: 'message_status', messageId: all.messageId });
    return recipients.filter((each: { status: string }) => each.status === 'delivered').length === 2;
  });
  expect(a.pushes()).toEqual([]);
  expect(c.pushes().some(({ messageId }) => messageId === group.messageId)).toBe(false);
  await Promise.all([a.close(), back.close(), c.close()]);
});

test('an acknowledgement counts for the one who gives it', async () => {
  const [a, c] = [await RawClient.join(broker, ann), await RawClient.join(broker, cem)];
  const ack = await a.post(bob.keys.publicKey, box.seal('keep', bob.keys.publicKey, ann.keys.secretKey), { client_message_id: 'acks-1' });
  for (const one of [a, c]) one.send({ type: 'client_ack', clientMessageId: 'acks-1', brokerMessageId: ack.messageId });
  await c.ask({ type: 'list_peers' });
  expect((await a.ask({ type: 'message_status', messageId: ack.messageId })).delivered).toBe(false);
  const b = await RawClient.join(broker, bob);
  await b.next((frame) => frame.messageId === ack.messageId);
  await until('delivered', async () => (await a.ask({ type: 'message_status', messageId: ack.messageId })).delivered);
  await Promise.all([a.close(), b.close(), c.close()]);
});

test('an unacknowledged message comes again on the next link, not on a dead one', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  b.acknowledges = false;
  const ack = await a.post(bob.keys.publicKey, box.seal('again', bob.keys.publicKey, ann.keys.secretKey));
  await b.next((frame) => frame.messageId === ack.messageId);
  await b.close();
  // Sent while Bob is in his grace: it waits as well.
  const second = await a.post(bob.keys.publicKey, box.seal('later', bob.keys.publicKey, ann.keys.secretKey));
  const back = await RawClient.join(broker, bob);
  await until('both are there', () => back.pushes().length >= 2);
  expect(back.pushes().map(({ messageId }) => messageId)).toEqual([ack.messageId, second.messageId]);
  await Promise.all([a.close(), back.close()]);
});

test('sessions have messages of their own, and a member’s reach all its links', async () => {
  const session = newIdentity(sodium);
  const [a, b, s] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob), await RawClient.session(broker, bob, session)];
  const own = await a.post(session.publicKey, box.seal('to the session', session.publicKey, ann.keys.secretKey));
  await s.next((frame) => frame.messageId === own.messageId);
  const member = await a.post(bob.keys.publicKey, box.seal('to Bob', bob.keys.publicKey, ann.keys.secretKey));
  await Promise.all([b, s].map((each) => each.next((frame) => frame.messageId === member.messageId)));
  expect(b.pushes().some(({ messageId }) => messageId === own.messageId)).toBe(false);
  await s.close();
  const kept = await a.post(session.publicKey, box.seal('while away', session.publicKey, ann.keys.secretKey));
  expect(kept.queued).toBe(true);
  const back = await RawClient.session(broker, bob, session);
  await back.next((frame) => frame.messageId === kept.messageId);
  // To oneself: the other links.
  const self = await b.post(bob.keys.publicKey, box.seal('note', bob.keys.publicKey, bob.keys.secretKey));
  await back.next((frame) => frame.messageId === self.messageId);
  expect(b.pushes().some(({ messageId }) => messageId === self.messageId)).toBe(false);
  await Promise.all([a.close(), b.close(), back.close()]);
});

test('who is busy gets what is urgent, and the rest when it is idle', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  b.send({ type: 'set_status', status: 'dnd' });
  await b.ask({ type: 'list_peers' });
  const later = await a.post(bob.keys.publicKey, box.seal('later', bob.keys.publicKey, ann.keys.secretKey), { priority: 'low' });
  const now = await a.post(bob.keys.publicKey, box.seal('now', bob.keys.publicKey, ann.keys.secretKey), { priority: 'now' });
  await b.next((frame) => frame.messageId === now.messageId);
  expect(b.pushes().map(({ messageId }) => messageId)).toEqual([now.messageId]);
  b.send({ type: 'set_status', status: 'idle' });
  await b.next((frame) => frame.messageId === later.messageId);
  await Promise.all([a.close(), b.close()]);
});

test('unknown targets and oversized messages are refused, and nothing is kept', async () => {
  const a = await RawClient.join(broker, ann);
  const before = (await broker.metrics()).get('zd_broker_accepted_total');
  const refusals = [
    ['ff'.repeat(32), 'target_not_found'],
    ['bob', 'target_not_found'],
    ['#nowhere', 'topic_not_found'],
    [ann.keys.publicKey, 'no connected peer for target'],
  ] as const;
  for (const [target, text] of refusals) {
    const ack = await a.post(target, plainBody('x'), { client_message_id: `refused-${target}` });
    expect([target, ack.queued, ack.messageId, String(ack.error).startsWith(text)]).toEqual([target, false, '', true]);
  }
  const large = await a.post(bob.keys.publicKey, { nonce: 'bm9uY2U=', ciphertext: 'A'.repeat(65_500) });
  expect(large.error).toBe(`payload too large: ${65_500 + 8 + 64} bytes > MAX_MESSAGE_BYTES=65536`);
  // An id that was refused is free.
  expect((await a.post(bob.keys.publicKey, plainBody('x'), { client_message_id: 'refused-bob' })).queued).toBe(true);
  expect((await broker.metrics()).get('zd_broker_accepted_total')).toBe(before! + 1);
  await a.close();
});
