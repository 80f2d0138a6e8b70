import { describe, expect, test } from 'bun:test';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sign, SIGNED } from '../../src/areas/mesh/wire/signature';
import { sodium, startBroker } from '../helper/broker';
import { helloOf, RawClient, sessionHelloOf, type Frame } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker(['--connections', '6']);
const mesh = await broker.mesh();
const other = await broker.mesh('other');
const [ann, bob] = [await broker.member(mesh, 'Ann'), await broker.member(mesh, 'Bob')];
const stranger = newIdentity(sodium);

async function said(frame: Frame): Promise<{ code: string; close: number }> {
  const client = await RawClient.open(broker.url);
  client.send(frame);
  return client.refusal();
}

describe('a hello is refused with its code', () => {
  const session = newIdentity(sodium);
  const cases: readonly [what: string, hello: () => Frame, code: string, close?: number][] = [
    ['signed too long ago', () => helloOf(ann, {}, Date.now() - 61_000), 'timestamp_skew'],
    ['signed in the future', () => helloOf(ann, {}, Date.now() + 61_000), 'timestamp_skew'],
    ['with a forged signature', () => helloOf(ann, { signature: '0'.repeat(128) }), 'bad_signature'],
    ['signed by somebody else', () => helloOf({ ...ann, keys: { ...ann.keys, secretKey: bob.keys.secretKey } }), 'bad_signature'],
    ['with another timestamp than is signed', () => helloOf(ann, { timestamp: Date.now() + 5 }), 'bad_signature'],
    ['for another mesh than is signed', () => helloOf(ann, { meshId: other.id }), 'bad_signature'],
    ['for a mesh one is not in', () => helloOf({ ...ann, meshId: other.id }), 'unauthorized'],
    ['for a mesh there is not', () => helloOf({ ...ann, meshId: 'nowhere' }), 'unauthorized'],
    ['of a key nobody enrolled', () => helloOf({ ...ann, keys: stranger }), 'unauthorized'],
    ['with the id of another member', () => helloOf({ ...ann, memberId: bob.memberId }), 'member_id_mismatch'],
    ['with a signature that is none', () => helloOf(ann, { signature: 'zz' }), 'malformed'],
    ['with a session key that is none', () => helloOf(ann, { sessionPubkey: 'zz' }), 'bad_session_pubkey'],
    ['with the key of another member as its session', () => helloOf(ann, { sessionPubkey: bob.keys.publicKey }), 'bad_session_pubkey'],
    ['of a session with a malformed key', () => sessionHelloOf(ann, session, { sessionPubkey: 'x' }), 'bad_session_pubkey'],
    ['of a session with a malformed parent', () => sessionHelloOf(ann, session, { parentMemberPubkey: 'x' }), 'bad_parent_pubkey'],
    [
      'of a session nobody vouched for',
      () => sessionHelloOf(ann, session, { parentAttestation: sessionHelloOf(ann, stranger).parentAttestation }),
      'attestation_mismatch',
    ],
    [
      'of a session whose attestation was altered',
      () => {
        const hello = sessionHelloOf(ann, session);
        return { ...hello, parentAttestation: { ...hello.parentAttestation, expiresAt: hello.parentAttestation.expiresAt + 1 } };
      },
      'bad_signature',
    ],
    [
      'of a session whose attestation is over',
      () => {
        const expiresAt = Date.now() - 1;
        const signature = sign(sodium, SIGNED.attestation(ann.keys.publicKey, session.publicKey, expiresAt), ann.keys.secretKey);
        return sessionHelloOf(ann, session, {
          parentAttestation: { sessionPubkey: session.publicKey, parentMemberPubkey: ann.keys.publicKey, expiresAt, signature },
        });
      },
      'expired',
    ],
    [
      'of a session whose attestation is for too long',
      () => {
        const expiresAt = Date.now() + 48 * 3_600_000;
        const signature = sign(sodium, SIGNED.attestation(ann.keys.publicKey, session.publicKey, expiresAt), ann.keys.secretKey);
        return sessionHelloOf(ann, session, {
          parentAttestation: { sessionPubkey: session.publicKey, parentMemberPubkey: ann.keys.publicKey, expiresAt, signature },
        });
      },
      'ttl_too_long',
    ],
    ['of a session under another member id', () => sessionHelloOf({ ...ann, memberId: bob.memberId }, session), 'parent_member_id_mismatch'],
    ['of a session that is a member', () => sessionHelloOf(ann, bob.keys), 'bad_session_pubkey'],
  ];
  for (const [what, hello, code, close = 1008] of cases)
    test(what, async () => {
      const before = await broker.refused(code);
      expect(await said(hello())).toEqual({ code, close });
      expect(await broker.refused(code)).toBe(before + 1);
    });
});

test('the same hello opens one link, also after a restart of the broker', async () => {
  const hello = helloOf(bob);
  const first = await RawClient.open(broker.url);
  first.send(hello);
  await first.next('hello_ack');
  expect(await said(hello)).toEqual({ code: 'replayed', close: 1008 });
  // The same signature, spelled another way.
  expect((await said({ ...hello, signature: hello.signature.toUpperCase() })).code).toBeOneOf(['replayed', 'malformed']);
  const session = sessionHelloOf(bob, newIdentity(sodium));
  const own = await RawClient.open(broker.url);
  own.send(session);
  await own.next('hello_ack');
  expect(await said(session)).toEqual({ code: 'replayed', close: 1008 });
  await own.close();
  await broker.stop('SIGKILL');
  await broker.start();
  expect(await said(hello)).toEqual({ code: 'replayed', close: 1008 });
  await (await RawClient.join(broker, bob)).close();
});

test('a client that can is challenged, and only the holder of the key is let in', async () => {
  const capabilities = ['hello_challenge'];
  const prove = (nonce: string, secretKey: string) => sign(sodium, SIGNED.challenge(mesh.id, ann.keys.publicKey, nonce), secretKey);
  const client = await RawClient.open(broker.url);
  client.send(helloOf(ann, { capabilities }));
  const { nonce } = await client.next('hello_challenge');
  client.send({ type: 'hello_proof', signature: prove(nonce, ann.keys.secretKey) });
  expect(await client.next('hello_ack')).toMatchObject({ memberDisplayName: 'Ann', memberProfile: { roleTag: 'member', messageMode: 'push' } });
  const thief = await RawClient.open(broker.url);
  thief.send(helloOf(ann, { capabilities }));
  const { nonce: second } = await thief.next('hello_challenge');
  expect(second).not.toBe(nonce);
  thief.send({ type: 'hello_proof', signature: prove(nonce, ann.keys.secretKey) });
  expect(await thief.refusal()).toEqual({ code: 'bad_signature', close: 1008 });
  const unasked = await RawClient.open(broker.url);
  unasked.send({ type: 'hello_proof', signature: prove(nonce, ann.keys.secretKey) });
  expect(await unasked.refusal()).toEqual({ code: 'no_hello', close: 1008 });
  await client.close();
});

test('before the hello nothing is answered, and the link stays open', async () => {
  const client = await RawClient.open(broker.url);
  expect(await client.ask({ type: 'list_peers' })).toMatchObject({ type: 'error', code: 'no_hello' });
  client.send(helloOf(ann));
  await client.next('hello_ack');
  client.send(helloOf(ann, { sessionId: 'x' }));
  expect(await client.next('error')).toMatchObject({ code: 'no_hello' });
  await until('the second hello is refused', () => client.frames.some(({ code }) => code === 'unexpected_hello'));
  expect(client.closed).toBeNull();
  await client.close();
});

test('features are negotiated, and what is missing is named', async () => {
  const client = await RawClient.join(broker, ann);
  const answer = await client.ask({
    type: 'feature_negotiation_request',
    require: ['client_message_id_dedupe', 'time_travel'],
    optional: ['max_payload'],
  });
  expect(answer.supported.client_message_id_dedupe.params).toEqual({
    version: 1,
    mode: 'retention_scoped',
    dedupe_retention_days: 30,
    request_fingerprint: true,
  });
  expect(answer.supported.max_payload.params.inline_bytes).toBe(65_536);
  expect(answer.missing_required).toEqual(['time_travel']);
  await client.close();
});

test('a full mesh takes nobody more, but those who come back', async () => {
  await broker.stop();
  await broker.start();
  const sessions = Array.from({ length: 6 }, () => newIdentity(sodium));
  const clients = await Promise.all(sessions.map((session) => RawClient.session(broker, bob, session)));
  expect(await said(helloOf(ann))).toEqual({ code: 'capacity', close: 1008 });
  // The newer link of a session takes the place of the older.
  const again = await RawClient.session(broker, bob, sessions[0]!);
  expect((await until('the older is closed', () => clients[0]!.closed)).code).toBe(4003);
  await Promise.all([again, ...clients.slice(1)].map((client) => client.close()));
});
