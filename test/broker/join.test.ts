import { describe, expect, test } from 'bun:test';
import { lookupOf, openRootKey, sealRootKey } from '../../src/areas/mesh/wire/invite_v2';
import { canonicalV2 } from '../../src/areas/mesh/wire/invite';
import { newIdentity, newSymmetricKey } from '../../src/areas/mesh/wire/keys';
import { sign } from '../../src/areas/mesh/wire/signature';
import { sodium, startBroker } from '../helper/broker';
import { RawClient } from '../helper/mesh_client';
import { until } from '../helper/until';

const broker = await startBroker();
const mesh = await broker.mesh();
const joinOf = ({ payload, token }: Awaited<ReturnType<typeof broker.invite>>, over: object = {}) => ({
  ...{ invite_token: token, invite_payload: payload, peer_pubkey: newIdentity(sodium).publicKey, display_name: 'New' },
  ...over,
});

describe('a mesh', () => {
  const keys = newIdentity(sodium);
  const body = { slug: 'made', owner_pubkey: keys.publicKey, display_name: 'Me' };

  test('is made by whoever has the token of the broker, once', async () => {
    expect(await broker.owned('create', '', '/meshes', body, keys)).toEqual({ status: 401, body: { ok: false, error: 'unauthorized' } });
    expect((await broker.owned('create', '', '/meshes', body, keys, { authorization: 'Bearer wrong' })).status).toBe(401);
    const authorization = `Bearer ${broker.token}`;
    expect((await broker.owned('create', '', '/meshes', body, newIdentity(sodium), { authorization })).body.error).toBe('bad_signature');
    expect((await broker.owned('invite', '', '/meshes', body, keys, { authorization })).body.error).toBe('bad_signature');
    expect((await broker.post('/meshes', body, { authorization, 'x-zd-timestamp': '1', 'x-zd-signature': '0' })).body.error).toBe('timestamp_skew');
    expect((await broker.owned('create', '', '/meshes', { ...body, slug: 'No Slug' }, keys, { authorization })).body.error).toBe('malformed');
    const made = await broker.owned('create', '', '/meshes', body, keys, { authorization });
    expect(made.status).toBe(200);
    expect((await broker.owned('create', '', '/meshes', body, keys, { authorization })).body).toEqual(made.body);
  });

  test('is joined with an invitation of its owner alone', async () => {
    const { payload, token } = await broker.invite(mesh);
    const { role, expires_at, signature } = payload;
    const invite = { version: 1, invite_id: 'x'.repeat(20), lookup: lookupOf(token), role, expires_at, max_uses: 1, signature };
    expect((await broker.owned('invite', mesh.id, `/meshes/${mesh.id}/invites`, invite, newIdentity(sodium))).body.error).toBe('bad_signature');
    expect((await broker.owned('invite', 'nowhere', '/meshes/nowhere/invites', invite, mesh.owner.keys)).body.error).toBe('mesh_not_found');
  });
});

describe('joining by a link of version 1', () => {
  test('makes a member, and is answered again for the same key', async () => {
    const invite = await broker.invite(mesh, { max_uses: 1, expires_at: Math.floor(Date.now() / 1000) + 1000 });
    const keys = newIdentity(sodium);
    const join = joinOf(invite, { peer_pubkey: keys.publicKey, display_name: 'Dee' });
    const first = await broker.post('/join', join);
    expect(first).toMatchObject({ status: 200, body: { ok: true } });
    expect((await broker.post('/join', join)).body).toEqual({ ok: true, memberId: first.body.memberId, alreadyMember: true });
    expect(await broker.post('/join', joinOf(invite))).toEqual({ status: 400, body: { ok: false, error: 'invite_exhausted' } });
    const client = await RawClient.join(broker, { meshId: mesh.id, memberId: first.body.memberId, keys, name: 'Dee' });
    expect((await client.ask({ type: 'topic_list' })).topics).toMatchObject([{ name: 'general', joined: true }]);
    await client.close();
  });

  test('uses are counted exactly, however many come at once', async () => {
    const invite = await broker.invite(mesh, { max_uses: 7, expires_at: Math.floor(Date.now() / 1000) + 1001 });
    const replies = await Promise.all(Array.from({ length: 30 }, () => broker.post('/join', joinOf(invite))));
    expect(replies.filter(({ status }) => status === 200).length).toBe(7);
    expect(new Set(replies.filter(({ status }) => status !== 200).map(({ body }) => body.error))).toEqual(new Set(['invite_exhausted']));
  });

  test('is refused with what is wrong', async () => {
    const invite = await broker.invite(mesh, { expires_at: Math.floor(Date.now() / 1000) + 1002 });
    const other = await broker.mesh('other');
    const foreign = await broker.invite(other);
    const old = await broker.invite(mesh, { expires_at: Math.floor(Date.now() / 1000) - 5 });
    const errors: [object, string][] = [
      [joinOf(old), 'invite_expired'],
      [joinOf(invite, { invite_token: 'unknown' }), 'invite_not_found'],
      [joinOf(invite, { invite_payload: { ...invite.payload, mesh_id: 'nowhere' } }), 'mesh_not_found'],
      [joinOf(invite, { invite_payload: { ...invite.payload, role: 'admin' } }), 'invite_bad_signature'],
      [joinOf(invite, { invite_payload: { ...invite.payload, owner_pubkey: newIdentity(sodium).publicKey } }), 'invite_owner_mismatch'],
      [joinOf(invite, { invite_payload: foreign.payload }), 'invite_bad_signature'],
      [joinOf(invite, { invite_payload: 'text' }), 'invite_bad_signature'],
      [joinOf(invite, { peer_pubkey: 'zz' }), 'malformed'],
    ];
    for (const [body, error] of errors) expect(await broker.post('/join', body)).toEqual({ status: 400, body: { ok: false, error } });
    expect(await broker.post('/join', 'no json')).toEqual({ status: 400, body: { ok: false, error: 'malformed' } });
    expect(await broker.post('/join', JSON.stringify({ ...joinOf(invite), pad: 'x'.repeat(70_000) }))).toEqual({
      status: 413,
      body: { ok: false, error: 'too_large' },
    });
  });
});

describe('claiming a link of version 2', () => {
  const code = 'Code12345678';
  const key = newSymmetricKey(sodium);
  const expires_at = Math.floor(Date.now() / 1000) + 3600;
  const terms = { mesh_id: mesh.id, invite_id: 'inviteid1', expires_at, role: 'member', owner_pubkey: mesh.owner.keys.publicKey } as const;
  const invite = {
    ...{ version: 2, invite_id: terms.invite_id, lookup: lookupOf(code), role: 'member', expires_at, max_uses: 1 },
    signature: sign(sodium, canonicalV2(terms), mesh.owner.keys.secretKey),
    sealed_root_key: sealRootKey(sodium, mesh.rootKey, key),
  };

  test('gives a member what only the link opens', async () => {
    const forged = await broker.owned('invite', mesh.id, `/meshes/${mesh.id}/invites`, { ...invite, role: 'admin' }, mesh.owner.keys);
    expect(forged).toEqual({ status: 400, body: { ok: false, error: 'invite_bad_signature' } });
    expect((await broker.owned('invite', mesh.id, `/meshes/${mesh.id}/invites`, invite, mesh.owner.keys)).status).toBe(200);
    expect((await broker.post('/invites/unknown0/claim', {})).status).toBe(404);
    for (const body of [{}, { recipient_x25519_pubkey: 'x' }, { recipient_x25519_pubkey: 'x', peer_pubkey: newIdentity(sodium).publicKey }])
      expect(await broker.post(`/invites/${code}/claim`, body)).toEqual({ status: 400, body: { ok: false, error: 'malformed' } });
    const recipient_x25519_pubkey = crypto.getRandomValues(new Uint8Array(32)).toBase64({ alphabet: 'base64url', omitPadding: true });
    expect(await broker.post(`/invites/${code}/claim`, { recipient_x25519_pubkey })).toEqual({
      status: 501,
      body: { ok: false, error: 'invite_v2_disabled' },
    });
    const keys = newIdentity(sodium);
    const claim = { peer_pubkey: keys.publicKey, recipient_x25519_pubkey, display_name: 'Eda' };
    const reply = await broker.post(`/invites/${code}/claim`, claim);
    expect(reply).toMatchObject({
      status: 200,
      body: { mesh_id: mesh.id, canonical_v2: canonicalV2(terms), signature: invite.signature, already_member: false },
    });
    expect(openRootKey(sodium, reply.body.sealed_root_key, key)).toBe(mesh.rootKey);
    expect(openRootKey(sodium, reply.body.sealed_root_key, newSymmetricKey(sodium))).toBeNull();
    expect((await broker.post(`/invites/${code}/claim`, claim)).body).toMatchObject({ member_id: reply.body.member_id, already_member: true });
    expect(await broker.post(`/invites/${code}/claim`, { ...claim, peer_pubkey: newIdentity(sodium).publicKey })).toEqual({
      status: 410,
      body: { ok: false, error: 'exhausted' },
    });
    await (await RawClient.join(broker, { meshId: mesh.id, memberId: reply.body.member_id, keys, name: 'Eda' })).close();
  });
});

describe('plain HTTP', () => {
  test('tells health and figures', async () => {
    const health = await (await fetch(`${broker.http}/health`)).json();
    expect(health).toMatchObject({ ok: true, db: 'up', uptime: expect.any(Number), version: expect.any(String) });
    expect((await fetch(`${broker.http}/health/ready`)).status).toBe(200);
    const metrics = await broker.metrics();
    expect(metrics.get('zd_broker_members')).toBeGreaterThan(0);
    expect(metrics.get('zd_broker_hellos_total')).toBeGreaterThan(0);
  });

  test('is nothing for web pages, other names and other methods', async () => {
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${broker.http}/join`, { method: 'POST', body: '{}', headers: { ...headers, origin: 'http://evil.example' } })).status).toBe(
      403,
    );
    expect((await fetch(`${broker.http}/health`, { headers: { host: 'evil.example' } })).status).toBe(403);
    expect((await fetch(`${broker.http}/ws`, { headers: { origin: 'null' } })).status).toBe(403);
    expect((await fetch(`${broker.http}/ws`)).status).toBe(426);
    expect((await fetch(`${broker.http}/join`, { method: 'POST', body: '{}' })).status).toBe(415);
    expect((await fetch(`${broker.http}/join`, { method: 'DELETE' })).status).toBe(405);
    expect((await fetch(`${broker.http}/nothing`)).status).toBe(404);
    expect((await fetch(`${broker.http}/nothing`, { method: 'POST', body: '{}', headers })).status).toBe(404);
  });

  test('is known by its public address, which invitations name', async () => {
    const behind = await startBroker(['--public-url', 'wss://mesh.example.org/ws']);
    expect(behind.url).toBe('wss://mesh.example.org/ws');
    const port = await until('the log says where', () => /"port":(\d+)/.exec(behind.log())?.[1]);
    const status = async (host: string) => (await fetch(`http://127.0.0.1:${port}/health`, { headers: { host } })).status;
    expect([await status('mesh.example.org'), await status('127.0.0.1'), await status('evil.example')]).toEqual([200, 200, 403]);
  });

  test('does not let codes be tried for long', async () => {
    const other = await startBroker();
    const replies = await Promise.all(Array.from({ length: 260 }, (_, at) => other.post(`/invites/guess${1000 + at}/claim`, {})));
    expect(replies.filter(({ status }) => status === 429).length).toBeGreaterThan(20);
    expect(replies.filter(({ status }) => status === 404).length).toBeGreaterThanOrEqual(200);
  });
});
