import { beforeAll, describe, expect, test } from 'bun:test';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimLink, parseClaimLink } from '../../src/areas/mesh/wire/invite_v2';
import { canonicalV2, inviteLink, parseInvite, signInvite } from '../../src/areas/mesh/wire/invite';
import { newIdentity } from '../../src/areas/mesh/wire/keys';
import { sign } from '../../src/areas/mesh/wire/signature';
import { sodium, startBroker, TestBroker } from '../helper/broker';
import { runZd, startDaemon, ZD, type TestDaemon } from '../helper/daemon';
import { until } from '../helper/until';

let owner: TestDaemon;
let guest: TestDaemon;
let broker: TestBroker;

beforeAll(async () => {
  [owner, guest] = await Promise.all([startDaemon(), startDaemon()]);
  broker = await new TestBroker(owner.home, [], ZD).start();
});

const opens = (daemon: TestDaemon, mesh: string) =>
  until(`${mesh} is connected`, async () => {
    const { body } = await daemon.call('mesh_status');
    return body.meshes.find((each: { mesh: string; state: string }) => each.mesh === mesh)?.state === 'open';
  });

test('a broker, a mesh, a link: and a message is there', async () => {
  const made = await owner.zd('mesh', 'create', 'team', '--name', 'Ada', '--json');
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(JSON.parse(made.stdout)).toMatchObject({ mesh: 'team', broker: broker.url, already: false });
  const link = (await owner.zd('mesh', 'invite')).stdout.trim();
  expect(link).toStartWith('zd://join/');
  const joined = await runZd(guest.home, ['mesh', 'join', '-', '--name', 'Bea'], { stdin: `${link}\n` });
  expect([joined.code, joined.stdout.trim()]).toEqual([0, 'team']);
  const again = await guest.zd('mesh', 'join', link);
  expect([again.code, again.stdout.trim(), again.stderr.trim()]).toEqual([0, 'team', 'zd: team is joined already']);
  expect((await runZd(guest.home, ['mesh', 'join', '-'], { stdin: '' })).code).toBe(2);
  await Promise.all([opens(owner, 'team'), opens(guest, 'team')]);
  await until('Ada sees Bea', async () => (await owner.call('mesh_peers')).body.peers?.some((peer: { name: string }) => peer.name === 'Bea'));
  expect((await owner.call('mesh_send', { to: 'Bea', message: 'hello Bea' })).status).toBe(200);
  const item = await until('the message is in the inbox', async () => (await guest.call('mesh_inbox', {})).body.messages.at(0));
  expect(item).toMatchObject({ body: 'hello Bea', sender_name: 'Ada' });
});

test('asked again it answers the same, and asks nobody', async () => {
  expect((await owner.call('mesh_create', { mesh: 'team' })).body).toMatchObject({ mesh: 'team', already: true });
  const { body } = await owner.call('mesh_invite', { mesh: 'team' });
  expect((await guest.call('mesh_join', { link: body.link })).body).toMatchObject({ mesh: 'team', already: true });
  expect((await owner.call('mesh_join', { link: body.link })).body).toMatchObject({ mesh: 'team', already: true });
});

test('a link of version 1 is for claudemesh clients, and says what it carries', async () => {
  const { body } = await owner.call('mesh_invite', { mesh: 'team', v1: true, role: 'admin', max_uses: 2 });
  expect(body.warning).toContain('root key');
  const invite = parseInvite(body.link)!.payload;
  expect(invite).toMatchObject({ v: 1, mesh_slug: 'team', broker_url: broker.url, role: 'admin' });
  const third = await startDaemon();
  expect((await third.call('mesh_join', { link: body.link, as: 'work' })).body).toMatchObject({
    mesh: 'work',
    mesh_id: invite.mesh_id,
    already: false,
  });
  await opens(third, 'work');
});

test('a link that was revoked lets nobody in, and those who came stay', async () => {
  const fresh = await startDaemon();
  const { body } = await owner.call('mesh_invite', { mesh: 'team', invite: 'visitors1', max_uses: 2 });
  expect(body.invite).toBe('visitors1');
  expect((await owner.call('mesh_invite', { mesh: 'team', invite: 'visitors1' })).body.code).toBe('invite_refused');
  expect((await guest.call('mesh_uninvite', { invite: 'visitors1' })).body.code).toBe('invite_refused');
  expect((await owner.call('mesh_uninvite', { invite: 'unknown12' })).body.code).toBe('invite_refused');
  expect((await owner.zd('mesh', 'uninvite', 'visitors1')).stdout.trim()).toBe('visitors1');
  const late = await fresh.call('mesh_join', { link: body.link });
  expect(late.body).toMatchObject({ code: 'invite_refused', msg: 'The broker refused: it was revoked.' });
  expect((await guest.call('mesh_status')).body.meshes[0].state).toBe('open');
});

test('keys lie in files of their own, for nobody else, and are in no answer', async () => {
  const folder = join(guest.home, 'mesh');
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  expect(files).toContain('team.json');
  for (const name of files) expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  const { secretKey, rootKey } = JSON.parse(readFileSync(join(folder, 'team.json'), 'utf8')) as { secretKey: string; rootKey: string };
  // The broker keeps the root key sealed, so that of the owner is the guest's.
  expect(rootKey).toBe((JSON.parse(readFileSync(join(owner.home, 'mesh', 'team.json'), 'utf8')) as { rootKey: string }).rootKey);
  const said = JSON.stringify([await guest.call('mesh_status'), await guest.call('mesh_peers')]) + guest.log() + broker.log();
  for (const secret of [secretKey, secretKey.slice(0, 64), rootKey]) expect(said).not.toContain(secret);
  const database = readFileSync(join(broker.folder, 'broker.db'), 'latin1') + readFileSync(join(broker.folder, 'broker.db-wal'), 'latin1');
  expect(database).not.toContain(rootKey);
});

describe('what cannot be is refused', () => {
  test('links that are none, were altered, expired, used up or are of another owner', async () => {
    const { body } = await owner.call('mesh_invite', { mesh: 'team' });
    const link = parseClaimLink(body.link)!;
    const fresh = await startDaemon();
    const cases: [string, string][] = [
      ['hello', 'bad_args'],
      ['zd://join/xx', 'bad_args'],
      [claimLink({ ...link, owner_pubkey: newIdentity(sodium).publicKey }), 'invite_refused'],
      [claimLink({ ...link, code: 'unknown12345' }), 'invite_refused'],
      [claimLink({ ...link, key: 'A'.repeat(43) }), 'invite_refused'],
      [claimLink({ ...link, broker_url: 'ws://127.0.0.1:9/ws' }), 'broker_unreachable'],
    ];
    for (const [text, code] of cases) expect([text, (await fresh.call('mesh_join', { link: text })).body.code]).toEqual([text, code]);
    const v1 = parseInvite((await owner.call('mesh_invite', { mesh: 'team', v1: true })).body.link)!.payload;
    expect((await fresh.call('mesh_join', { link: inviteLink({ ...v1, role: 'admin' }) })).body).toMatchObject({ code: 'invite_refused' });
    const stranger = newIdentity(sodium);
    const { signature: _, ...unsigned } = v1;
    const old = signInvite(sodium, { ...unsigned, owner_pubkey: stranger.publicKey, expires_at: 1 }, stranger.secretKey);
    expect((await fresh.call('mesh_join', { link: inviteLink(old) })).body).toMatchObject({
      code: 'invite_refused',
      msg: 'The invitation has expired.',
    });
    expect((await fresh.call('mesh_status')).body.meshes).toEqual([]);
  });

  test('a mesh without the token of its broker, and an invitation by a guest', async () => {
    const far = await startBroker();
    expect((await owner.call('mesh_create', { mesh: 'far', broker: far.url })).body.code).toBe('unauthorized');
    const wrong = join(owner.home, 'wrong');
    writeFileSync(wrong, `${'x'.repeat(43)}\n`, { mode: 0o600 });
    expect((await owner.call('mesh_create', { mesh: 'far', broker: far.url, token_file: wrong })).body.code).toBe('unauthorized');
    expect((await owner.call('mesh_create', { mesh: 'far', broker: far.url, token_file: join(owner.home, 'none') })).body.code).toBe('bad_args');
    expect((await owner.call('mesh_create', { mesh: 'far', broker: 'ws://127.0.0.1:9/ws', token_file: wrong })).body.code).toBe('broker_unreachable');
    expect((await owner.call('mesh_create', { mesh: 'team', broker: far.url })).body.code).toBe('conflict');
    const made = await owner.call('mesh_create', { mesh: 'far', broker: far.url, token_file: join(far.folder, 'token') });
    expect(made.body).toMatchObject({ mesh: 'far', broker: far.url, already: false });
    expect((await guest.call('mesh_invite', { mesh: 'team' })).body.code).toBe('invite_refused');
    expect((await owner.call('mesh_invite', { mesh: 'nowhere' })).body.code).toBe('mesh_not_attached');
    expect((await owner.call('mesh_invite', {})).body.code).toBe('mesh_required');
    expect((await owner.call('mesh_uninvite', { invite: 'visitors1' })).body.code).toBe('mesh_required');
    expect((await owner.call('mesh_uninvite', { invite: 'visitors1', mesh: 'nowhere' })).body.code).toBe('mesh_not_attached');
    const { body } = await owner.call('mesh_invite', { mesh: 'far' });
    expect((await guest.call('mesh_join', { link: body.link, as: 'team' })).body.code).toBe('conflict');
    await far.stop('SIGKILL');
    expect((await owner.call('mesh_invite', { mesh: 'far' })).body.code).toBe('broker_unreachable');
    expect((await owner.call('mesh_uninvite', { mesh: 'far', invite: 'visitors1' })).body.code).toBe('broker_unreachable');
  });

  test('what a broker says that is none, or refuses without a reason we know', async () => {
    const token_file = join(broker.folder, 'token');
    let answer: () => Response = () => Response.json({ ok: false, error: 'malformed' }, { status: 400 });
    using server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch: () => answer() });
    const url = `ws://127.0.0.1:${server.port}/ws`;
    const create = async () => (await owner.call('mesh_create', { mesh: 'odd', broker: url, token_file })).body;
    expect(await create()).toMatchObject({ code: 'invite_refused', msg: 'The broker refused: malformed.' });
    const answers: [() => Response, string][] = [
      [() => new Response('<html>', { status: 200 }), 'invite_refused'],
      [() => Response.json({ ok: true, mesh_id: 7, member_id: 'x' }), 'broker_unreachable'],
      [() => Response.json({ ok: true, mesh_id: 'a|b', member_id: 'x' }), 'broker_unreachable'],
      [() => new Response('x', { status: 503 }), 'broker_unreachable'],
      [() => Response.redirect('http://127.0.0.1:9/', 307), 'broker_unreachable'],
      [() => Response.json({ ok: false, error: `x${'\n'.repeat(3)}${'y'.repeat(500)}` }, { status: 400 }), 'invite_refused'],
    ];
    for (const [next, code] of answers) {
      answer = next;
      const body = await create();
      expect([code, body.code, body.msg.length < 300 && !body.msg.includes('\n')]).toEqual([code, code, true]);
    }
    answer = () => Response.json({ mesh_id: 'm', mesh_slug: 'm', member_id: 'x' });
    const { body } = await owner.call('mesh_invite', { mesh: 'team' });
    const link = claimLink({ ...parseClaimLink(body.link)!, broker_url: url });
    const fresh = await startDaemon();
    expect((await fresh.call('mesh_join', { link })).body.code).toBe('broker_unreachable');
    // A broker that hands out another mesh than the link is of.
    const stranger = newIdentity(sodium);
    const canonical_v2 = canonicalV2({ mesh_id: 'm', invite_id: 'i', expires_at: 2_000_000_000, role: 'admin', owner_pubkey: stranger.publicKey });
    const foreign = { mesh_id: 'm', mesh_slug: 'm', member_id: 'x', owner_pubkey: stranger.publicKey, canonical_v2, sealed_root_key: null };
    answer = () => Response.json({ ...foreign, signature: sign(sodium, canonical_v2, stranger.secretKey), already_member: false });
    expect((await fresh.call('mesh_join', { link })).body).toMatchObject({ code: 'invite_refused', msg: expect.stringContaining('another mesh') });
    expect((await fresh.call('mesh_status')).body.meshes).toEqual([]);
  });
});
