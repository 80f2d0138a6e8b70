import { expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { BOUNDS, DAY, TIMES } from '../../src/broker/settings';
import { BrokerRig } from '../helper/broker_rig';
import { sodium } from '../helper/broker';

test('a peer is expected back for its grace, and is gone after it', async () => {
  const rig = new BrokerRig();
  const [ann, bob] = rig.seats;
  const [a, b] = [await rig.join(ann), await rig.join(bob)];
  b.vanish();
  await rig.pass(TIMES.grace - 1);
  expect([a.news('peer_left'), rig.broker.deps.presences.roster.of('mesh').length]).toEqual([0, 2]);
  const back = await rig.join(bob);
  expect(a.news('peer_joined') + a.news('peer_returned')).toBe(1);
  back.vanish();
  await rig.pass(TIMES.grace);
  expect([a.news('peer_left'), rig.broker.deps.presences.roster.of('mesh').length]).toEqual([1, 1]);
  await rig.join(bob);
  expect([a.news('peer_joined'), a.news('peer_returned')]).toEqual([1, 1]);
});

test('what nobody acknowledges is pushed again, more and more rarely, and no more once it is acknowledged', async () => {
  const rig = new BrokerRig();
  const [ann, bob] = rig.seats;
  const [a, b] = [await rig.join(ann), await rig.join(bob)];
  await a.post(bob.keys.publicKey, 'one');
  await a.post(bob.keys.publicKey, 'two');
  expect(b.pushes()).toEqual(['one', 'two']);
  await rig.pass(TIMES.claim - 1);
  expect(b.pushes()).toEqual(['one', 'two']);
  await rig.pass(1);
  expect(b.pushes()).toEqual(['one', 'two', 'one', 'two']);
  await rig.pass(TIMES.claim);
  expect(b.pushes().length).toBe(4);
  await rig.pass(TIMES.claim);
  expect(b.pushes().length).toBe(6);
  for (const push of b.frames.filter(({ client_message_id }) => client_message_id === 'one').slice(0, 1)) await b.acknowledge(push);
  await rig.pass(TIMES.claimMost);
  expect(b.pushes().slice(6)).toEqual(['two']);
  await b.say({ type: 'client_ack', clientMessageId: 'two' });
  await rig.pass(TIMES.claimMost);
  expect(b.pushes().length).toBe(7);
});

test('a hook outweighs others for a while, and work that nobody renews ends', async () => {
  const rig = new BrokerRig();
  const [ann, bob] = rig.seats;
  const [a, b] = [await rig.join(ann), await rig.join(bob)];
  const { presences } = rig.broker.deps;
  const peer = b.connection.presence!;
  rig.mono += TIMES.hookFreshness;
  expect(presences.setStatus(peer, 'working', 'hook')).toBe(true);
  await b.say({ type: 'set_status', status: 'idle' });
  expect(peer.status).toBe('working');
  await a.post(bob.keys.publicKey, 'held');
  expect(b.pushes()).toEqual([]);
  await rig.pass(TIMES.working);
  expect([peer.status, b.pushes()]).toEqual(['idle', ['held']]);
});

test('who comes and goes in quick turns does not fill the mesh', async () => {
  const rig = new BrokerRig();
  const [ann, bob] = rig.seats;
  const a = await rig.join(ann);
  for (let at = 0; at < BOUNDS.peersPerMesh + 20; at++) {
    rig.mono++;
    (await rig.join(bob, { sessionId: `run-${at}` })).vanish();
  }
  expect(rig.broker.deps.presences.roster.of('mesh').length).toBe(BOUNDS.peersPerMesh);
  expect([a.news('peer_left'), a.closed]).toEqual([21, null]);
}, 30_000);

test('who says no hello is closed', async () => {
  const rig = new BrokerRig();
  const stranger = rig.stranger();
  await rig.pass(TIMES.hello);
  expect(stranger.closed).toBeNull();
  await rig.pass(1);
  expect(stranger.closed).toMatchObject({ code: 1008, reason: 'no_hello' });
});

test('what is past its time is removed: messages, ids, hellos and sessions', async () => {
  const rig = new BrokerRig({ dedupeDays: 30 });
  const [ann, bob] = rig.seats;
  const session = newIdentity(sodium);
  const [a, s] = [await rig.join(ann), await rig.session(bob, session)];
  s.vanish();
  const first = await a.post(bob.keys.publicKey, 'old');
  await a.post(session.publicKey, 'to-session');
  await rig.pass(TIMES.undelivered - 1000);
  expect((await a.post(bob.keys.publicKey, 'old')).messageId).toBe(first.messageId);
  expect(rig.broker.deps.messages.undelivered()).toBe(2);
  await rig.pass(2000);
  expect(rig.broker.deps.messages.undelivered()).toBe(0);
  const b = await rig.join(bob);
  expect(b.pushes()).toEqual([]);
  // The message is gone, its id is not: it must not be sent anew by a late retry.
  const retry = await a.post(bob.keys.publicKey, 'old');
  expect([retry.duplicate, retry.messageId, b.pushes()]).toEqual([true, first.messageId, []]);
  await rig.pass(1000);
  expect(rig.broker.deps.endpoints.find('mesh', session.publicKey)).toBeNull();
  expect(String((await a.post(session.publicKey, 'late')).error)).toStartWith('target_not_found');
  await rig.pass(30 * DAY);
  expect((await a.post(bob.keys.publicKey, 'old')).duplicate).toBe(false);
});

test('a client that does not read is spared news, and closed before it costs more', async () => {
  const rig = new BrokerRig();
  const [ann, bob, cem] = rig.seats;
  const [a, b] = [await rig.join(ann), await rig.join(bob)];
  b.buffered = 2 * 1024 * 1024;
  await rig.join(cem);
  expect([a.news('peer_joined'), b.news('peer_joined')]).toEqual([2, 0]);
  expect(rig.broker.deps.counters.get('news_dropped')).toBe(1);
  b.buffered = 33 * 1024 * 1024;
  await a.post(bob.keys.publicKey, 'kept');
  expect(b.closed).toMatchObject({ reason: 'slow_consumer' });
  expect((await rig.join(bob)).pushes()).toEqual(['kept']);
});
