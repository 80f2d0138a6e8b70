import { expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { plainBody } from '../../src/areas/mesh/wire/open_body';
import { box, sodium, startBroker } from '../helper/broker';
import { helloOf, RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker();
const mesh = await broker.mesh();
const [ann, bob, adm] = [await broker.member(mesh, 'Ann'), await broker.member(mesh, 'Bob'), await broker.member(mesh, 'Adm', 'admin')];

test('peers see each other come, and what they say of themselves', async () => {
  const a = await RawClient.join(broker, ann);
  const b = await RawClient.join(broker, bob, { groups: [{ name: 'ops', role: 'lead' }], model: 'm1' });
  const joined = await until('Ann hears of Bob', () => a.news('peer_joined').concat(a.news('peer_returned')).at(0));
  expect(joined.eventData).toMatchObject({ name: 'Bob', pubkey: bob.keys.publicKey, groups: [{ name: 'ops', role: 'lead' }] });
  b.send({ type: 'set_summary', summary: 'at work' });
  b.send({ type: 'set_status', status: 'working' });
  b.send({ type: 'set_stats', stats: { messages: 3 } });
  b.send({ type: 'join_group', name: 'dev' });
  expect(await b.ask({ type: 'set_profile', title: 'Engineer' })).toMatchObject({ type: 'ack' });
  const { peers } = await a.ask({ type: 'list_peers' });
  expect(peers.find((peer: { displayName: string }) => peer.displayName === 'Bob')).toMatchObject({
    ...{ pubkey: bob.keys.publicKey, memberPubkey: bob.keys.publicKey, status: 'working', summary: 'at work', peerRole: 'control-plane' },
    ...{
      groups: [{ name: 'ops', role: 'lead' }, { name: 'dev' }],
      stats: { messages: 3 },
      model: 'm1',
      profile: { title: 'Engineer' },
      visible: true,
    },
  });
  await Promise.all([a.close(), b.close()]);
});

test('who leaves is expected back for a while, and returns without a word', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  b.send({ type: 'leave_group', name: 'ops' });
  b.send({ type: 'set_status', status: 'idle' });
  await b.ask({ type: 'list_peers' });
  await b.close();
  expect((await a.ask({ type: 'list_peers' })).peers.map((peer: { displayName: string }) => peer.displayName)).toContain('Bob');
  const news = a.frames.length;
  const back = await RawClient.join(broker, bob);
  const ack = await back.next('hello_ack');
  expect(ack).toMatchObject({ restored: true, lastSummary: 'at work', restoredGroups: [{ name: 'dev' }] });
  await a.ask({ type: 'list_peers' });
  expect(a.frames.slice(news).filter(({ type }) => type === 'push')).toEqual([]);
  await Promise.all([a.close(), back.close()]);
});

test('the hidden are in no list and get no broadcast', async () => {
  const [a, b] = [await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  await b.ask({ type: 'set_visible', visible: false });
  await until('Ann hears of it', () => a.news('peer_hidden').length > 0);
  expect((await a.ask({ type: 'list_peers' })).peers.map((peer: { displayName: string }) => peer.displayName)).not.toContain('Bob');
  expect((await b.ask({ type: 'list_peers' })).peers.map((peer: { displayName: string }) => peer.displayName)).toContain('Bob');
  const all = await a.post('*', plainBody('hi'));
  const direct = await a.post(bob.keys.publicKey, box.seal('hi', bob.keys.publicKey, ann.keys.secretKey));
  await b.next((frame) => frame.messageId === direct.messageId);
  expect(b.pushes().some(({ messageId }) => messageId === all.messageId)).toBe(false);
  await b.ask({ type: 'set_visible', visible: true });
  await until('Ann hears of it', () => a.news('peer_visible').length > 0);
  await Promise.all([a.close(), b.close()]);
});

test('a kick ends sessions and spares daemons; a disconnect ends both; members may do neither', async () => {
  const session = newIdentity(sodium);
  const [admin, b, s] = [await RawClient.join(broker, adm), await RawClient.join(broker, bob), await RawClient.session(broker, bob, session)];
  expect(await b.ask({ type: 'kick', target: ann.keys.publicKey })).toMatchObject({ type: 'error', code: 'forbidden' });
  expect(await admin.ask({ type: 'kick', target: 'nobody' })).toMatchObject({ type: 'error', code: 'not_found' });
  expect(await admin.ask({ type: 'kick' })).toMatchObject({ type: 'error', code: 'invalid_frame' });
  expect(await admin.ask({ type: 'kick', target: bob.keys.publicKey })).toMatchObject({
    ...{ type: 'kick_ack', affected: ['Bob-session'], skipped_control_plane: 1 },
  });
  expect((await until('the session is closed', () => s.closed)).code).toBe(4001);
  expect(b.closed).toBeNull();
  expect(await admin.ask({ type: 'disconnect', target: 'bob' })).toMatchObject({ type: 'disconnect_ack', affected: ['Bob'] });
  expect((await until('the daemon is closed', () => b.closed)).code).toBe(1000);
  await admin.close();
});

test('a banned member is out at once, gets nothing more, and is let in again after the ban', async () => {
  const [admin, a, b] = [await RawClient.join(broker, adm), await RawClient.join(broker, ann), await RawClient.join(broker, bob)];
  b.acknowledges = false;
  await a.post(bob.keys.publicKey, box.seal('before', bob.keys.publicKey, ann.keys.secretKey));
  expect(await a.ask({ type: 'ban', target: bob.keys.publicKey })).toMatchObject({ code: 'forbidden' });
  expect(await admin.ask({ type: 'ban', target: mesh.owner.keys.publicKey })).toMatchObject({ code: 'forbidden' });
  expect(await admin.ask({ type: 'ban', target: 'Bob' })).toMatchObject({ type: 'ban_ack', pubkey: bob.keys.publicKey });
  expect((await until('Bob is closed', () => b.closed)).code).toBe(4002);
  const refused = await RawClient.open(broker.url);
  refused.send(helloOf(bob));
  expect(await refused.refusal()).toEqual({ code: 'revoked', close: 4002 });
  expect(String((await a.post(bob.keys.publicKey, plainBody('x'))).error)).toStartWith('target_not_found');
  expect((await admin.ask({ type: 'list_bans' })).bans).toMatchObject([{ displayName: 'Bob', pubkey: bob.keys.publicKey }]);
  const { payload, token } = await broker.invite(mesh);
  const join = { invite_token: token, invite_payload: payload, peer_pubkey: bob.keys.publicKey, display_name: 'Bob' };
  expect(await broker.post('/join', join)).toEqual({ status: 400, body: { ok: false, error: 'member_revoked' } });
  expect(await admin.ask({ type: 'unban', target: bob.keys.publicKey })).toMatchObject({ type: 'unban_ack' });
  const back = await RawClient.join(broker, bob);
  await back.ask({ type: 'list_peers' });
  // What waited was dropped with the ban.
  expect(back.pushes()).toEqual([]);
  await Promise.all([admin.close(), a.close(), back.close()]);
});

test('a hook on this machine tells how busy an agent is, and not too often', async () => {
  const b = await RawClient.join(broker, bob, { cwd: '/work/bob', pid: 4711 });
  const hook = (body: object) => broker.post('/hook/set-status', body);
  const status = async () =>
    (await b.ask({ type: 'list_peers' })).peers.find((peer: { displayName: string }) => peer.displayName === 'Bob').status as string;
  expect(await hook({ cwd: '/nowhere', status: 'idle' })).toEqual({ status: 200, body: { ok: false, error: 'no_such_peer' } });
  expect((await hook({ cwd: '/work/bob', status: 'asleep' })).status).toBe(400);
  expect((await hook({ cwd: '/work/bob', pid: 4711, status: 'working' })).body).toMatchObject({ ok: true, presence_id: expect.any(String) });
  expect(await status()).toBe('working');
  expect((await hook({ cwd: '', session_id: 'daemon-Bob', status: 'idle' })).body.ok).toBe(true);
  expect(await status()).toBe('idle');
  const replies = await Promise.all(Array.from({ length: 40 }, () => hook({ cwd: '/work/bob', status: 'idle' })));
  expect(replies.filter(({ status: code }) => code === 429).length).toBeGreaterThan(5);
  await b.close();
});

test('meshes do not see each other', async () => {
  const far = await broker.mesh('far');
  const eve = await broker.member(far, 'Eve');
  const [a, e] = [await RawClient.join(broker, ann), await RawClient.join(broker, eve)];
  expect((await e.ask({ type: 'list_peers' })).peers.map((peer: { displayName: string }) => peer.displayName)).toEqual(['Eve']);
  expect(String((await e.post(ann.keys.publicKey, plainBody('x'))).error)).toStartWith('target_not_found');
  const ack = await e.post('*', plainBody('to all'));
  await a.ask({ type: 'list_peers' });
  expect(a.pushes().some(({ messageId }) => messageId === ack.messageId)).toBe(false);
  expect(await a.ask({ type: 'message_status', messageId: ack.messageId })).toMatchObject({ code: 'not_found' });
  await Promise.all([a.close(), e.close()]);
});
