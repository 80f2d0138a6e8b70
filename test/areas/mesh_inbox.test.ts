import { beforeAll, expect, test } from 'bun:test';
import { readdirSync, statSync } from 'node:fs';
import { join as joinPath } from 'node:path';
import { startBroker, type Mesh, type Seat, type TestBroker } from '../helper/broker';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { arrived, connected, hear, inboxOf, join, send, v1 } from '../helper/mesh';
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
  [ada, ben] = await Promise.all([startDaemon({ config: FAST }), startDaemon({ config: FAST })]);
  await join(ada, broker, mesh, 'ada');
  benSeat = await join(ben, broker, mesh, 'ben');
});

test('what is shown is seen then, unless it is not to be', async () => {
  for (const message of ['one', 'two', 'three']) await send(ada, { to: benSeat.keys.publicKey, message });
  await arrived(ben, 3);
  expect((await v1(ben, 'GET', 'inbox?unread_only=true&mark_seen=false')).body).toMatchObject({ marked_seen: 0 });
  const { body } = await v1(ben, 'GET', 'inbox?limit=2');
  expect(body.items.map(({ body: text, seen_at }: any) => [text, seen_at])).toEqual([
    ['three', null],
    ['two', null],
  ]);
  expect(body.marked_seen).toBe(2);
  const rest = await v1(ben, 'GET', 'inbox?unread_only=true&mark_seen=false');
  expect(rest.body.items.map((each: any) => each.body)).toEqual(['one']);
  expect((await v1(ben, 'POST', 'inbox/seen', { ids: [rest.body.items[0].id, 'none'] })).body).toEqual({ marked_seen: 1 });
  expect((await v1(ben, 'POST', 'inbox/seen', { ids: 7 })).body.error).toBe("missing 'ids' (string[])");
  expect((await v1(ben, 'POST', 'inbox/seen', '{')).status).toBe(400);
  expect((await v1(ben, 'POST', 'inbox/seen', { ids: ['x'.repeat(70_000)] })).status).toBe(413);
  expect((await ben.call('mesh_inbox_seen', { ids: [rest.body.items[0].id] })).body.marked_seen).toBe(0);
  expect((await ben.call('mesh_inbox', { limit: 1 })).body).toMatchObject({ messages: [{ body: 'three', sender_name: 'ada' }], marked_seen: 0 });
});

test('it is searched and filtered, and unknown values are refused', async () => {
  expect((await v1(ben, 'GET', 'inbox/search?q=TWO')).body.items.map((each: any) => each.body)).toEqual(['two']);
  expect((await ben.call('mesh_inbox_search', { words: 'ada' })).body.messages.length).toBe(3);
  const { sender_pubkey, received_at } = (await inboxOf(ben))[0];
  expect((await v1(ben, 'GET', `inbox?from=${sender_pubkey}&since=${received_at}&mesh=team&mark_seen=false`)).body.items.length).toBe(3);
  for (const [query, status] of [
    ['mesh=nope', 404],
    ['since=soon', 400],
    ['unread_only=maybe', 400],
    ['topic2=x', 400],
  ] as const)
    expect([query, (await v1(ben, 'GET', `inbox?${query}`)).status]).toEqual([query, status]);
  expect((await v1(ben, 'GET', 'inbox/search?q=x&mesh=nope')).status).toBe(404);
  expect((await ben.call('mesh_inbox', { mesh: 'nope' })).body.code).toBe('mesh_not_attached');
  expect((await ben.call('mesh_inbox_search', { words: 'x', mesh: 'nope' })).body.code).toBe('mesh_not_attached');
});

test('peers are listed, and what a profile says is kept for them', async () => {
  const { body } = await v1(ada, 'GET', 'peers');
  expect(body.peers.map(({ displayName, mesh: slug }: any) => [displayName, slug])).toContainEqual(['ben', 'team']);
  expect((await v1(ada, 'GET', 'peers?mesh=nope')).status).toBe(404);
  expect((await ada.call('mesh_peers', { mesh: 'nope' })).body.code).toBe('mesh_not_attached');
  const said = await v1(ben, 'POST', 'profile', { summary: 'builds things' });
  expect(said.body).toEqual({ ok: true, applied: ['summary'], meshes: ['team'], reached: ['team'] });
  const summary = async () => (await v1(ada, 'GET', 'peers')).body.peers.find((each: any) => each.displayName === 'ben')?.summary;
  await until('it is seen', async () => (await summary()) === 'builds things');
  expect((await v1(ben, 'POST', 'profile', { summry: 'x' })).status).toBe(400);
  expect((await v1(ben, 'POST', 'profile', {})).status).toBe(400);
  expect((await v1(ben, 'POST', 'profile', '7')).body.error).toBe('expected JSON object');
  expect((await v1(ben, 'POST', 'profile', '{')).status).toBe(400);
  expect((await v1(ben, 'POST', 'profile', { mesh: 'nope', bio: 'x' })).status).toBe(404);
  expect((await v1(ben, 'POST', 'profile', { bio: 'x'.repeat(20_000) })).status).toBe(413);
  expect((await ben.call('mesh_profile', { mesh: 'nope', bio: 'x' })).body.code).toBe('mesh_not_attached');
});

test('topics are heard, posted to and listed', async () => {
  const list = (await v1(ada, 'GET', 'topic/list')).body;
  expect(list.topics.map(({ name }: any) => name)).toContain('general');
  const before = (await inboxOf(ben)).length;
  expect((await v1(ada, 'POST', 'topic/post', { topic: 'general', message: 'news' })).status).toBe(202);
  await arrived(ben, before + 1);
  expect((await v1(ben, 'GET', 'inbox?topic=general&mark_seen=false')).body.items[0]).toMatchObject({ body: 'news', topic: 'general' });
  expect((await v1(ada, 'POST', 'topic/post', { topic: 'nope', message: 'x' })).body).toMatchObject({
    error: 'route_failed',
    detail: 'topic "nope" not found',
  });
  expect((await v1(ben, 'POST', 'topic/subscribe', { topic: '#general' })).body).toEqual({
    topic: 'general',
    mesh: 'team',
    subscribed: true,
    told: true,
  });
  expect((await v1(ben, 'GET', 'topic/list')).body.topics.find(({ name }: any) => name === 'general').subscribed).toBe(true);
  expect((await v1(ben, 'POST', 'topic/unsubscribe', { topic: 'general' })).body.subscribed).toBe(false);
  for (const path of ['post', 'subscribe', 'unsubscribe']) {
    const at = `topic/${path}`;
    expect((await v1(ben, 'POST', at, { message: 'x' })).body.error).toBe("missing 'topic'");
    expect((await v1(ben, 'POST', at, '{')).status).toBe(400);
    expect((await v1(ben, 'POST', at, { topic: 'x', message: 'x', mesh: 'nope' })).status).toBe(404);
    expect((await v1(ben, 'POST', at, { topic: 'x', message: 'x'.repeat(300_000) })).status).toBe(413);
  }
  await v1(ada, 'POST', 'topic/post', { topic: 'general', message: 'once', client_message_id: 'topic-1' });
  expect((await v1(ada, 'POST', 'topic/post', { topic: 'general', message: 'twice', client_message_id: 'topic-1' })).status).toBe(409);
  expect((await ada.call('mesh_topic_post', { topic: 'general', message: 'twice', client_message_id: 'topic-1' })).body.code).toBe(
    'idempotency_key_reused',
  );
  expect((await ada.call('mesh_topic_post', { topic: 'nope', message: 'x' })).body.code).toBe('no_such_target');
  expect((await ada.call('mesh_topic_post', { topic: 'general', message: 'x'.repeat(60_000) })).body.code).toBe('too_large');
  for (const op of ['mesh_topic_post', 'mesh_topic_subscribe', 'mesh_topic_unsubscribe', 'mesh_topic_list'])
    expect(
      (
        await ada.call(op, {
          ...(op === 'mesh_topic_list' ? {} : { topic: 'x' }),
          ...(op === 'mesh_topic_post' ? { message: 'x' } : {}),
          mesh: 'nope',
        })
      ).body.code,
    ).toBe('mesh_not_attached');
  expect((await v1(ada, 'GET', 'topic/list?mesh=nope')).status).toBe(404);
});

test('a message that is deleted does not come back; everything is deleted only on purpose', async () => {
  const [first] = await inboxOf(ben);
  expect((await v1(ben, 'DELETE', `inbox/${first.id}`)).body).toEqual({ removed: 1, id: first.id });
  expect((await v1(ben, 'DELETE', `inbox/${first.id}`)).status).toBe(404);
  expect((await v1(ben, 'DELETE', 'inbox')).status).toBe(400);
  expect((await v1(ben, 'DELETE', 'inbox?mesh=nope')).status).toBe(404);
  expect((await v1(ben, 'DELETE', 'inbox?before=2026-01-01')).body).toEqual({ removed: 0 });
  expect((await ben.call('mesh_inbox_delete', { message_id: 'none' })).body.code).toBe('no_such_message');
  expect((await ben.call('mesh_inbox_delete', { mesh: 'nope' })).body.code).toBe('mesh_not_attached');
  expect((await ben.call('mesh_inbox_delete', {})).body.code).toBe('bad_args');
  const left = (await inboxOf(ben)).length;
  expect((await v1(ben, 'DELETE', 'inbox?all=true')).body).toEqual({ removed: left });
  expect(await inboxOf(ben)).toEqual([]);
});

test('events have ids that outlast a restart, and tell of peers and of the broker', async () => {
  const heard = await hear(ada, '?mesh=team');
  await ben.stop();
  await ben.start();
  await connected(ben, 'team');
  await send(ben, { to: '*', message: 'back' });
  const { id, data } = await heard.next('message');
  expect(data.ts).toMatch(/^\d{4}-\d\d-\d\dT/);
  heard.close();
  await ada.restart();
  const again = await hear(ada, '', { 'last-event-id': id });
  expect((await again.next()).event).toBe('broker_status');
  again.close();
  const unknown = await hear(ada, '?since=0000000000-99');
  expect((await unknown.next()).event).toBe('gap');
  unknown.close();
  expect((await ada.fetch('/v1/events?kinds=nothing')).status).toBe(400);
});

test('a session has its own key, link and messages; its token is kept as a hash only', async () => {
  await connected(ada, 'team');
  const token = 'ab'.repeat(32);
  const body = { token, session_id: crypto.randomUUID(), mesh: 'team', display_name: 'agent', pid: process.pid, groups: ['crew'] };
  const { body: made } = await v1(ben, 'POST', 'sessions/register', body);
  const key: string = made.session_pubkey;
  expect([made.ok, made.presence_accepted, key]).toEqual([true, false, expect.stringMatching(/^[0-9a-f]{64}$/)]);
  const headers = { authorization: `ClaudeMesh-Session ${token.toUpperCase()}` };
  const { body: me } = await v1(ben, 'GET', 'sessions/me', undefined, headers);
  expect(me.session).toMatchObject({ sessionId: body.session_id, displayName: 'agent', groups: ['crew'] });
  expect(JSON.stringify(me) + JSON.stringify((await v1(ben, 'GET', 'sessions')).body)).not.toMatch(/secret|abababab/i);
  await until('its link is open', async () => {
    const [{ link }] = (await v1(ben, 'GET', 'sessions')).body.sessions;
    if (link.state === 'closed') throw new Error(link.reason);
    return link.state === 'open';
  });
  await until('it is a peer', async () => (await v1(ada, 'GET', 'peers')).body.peers.some(({ pubkey }: any) => pubkey === key));
  const before = (await inboxOf(ben)).length;
  const heard = await hear(ben, '?kinds=message', headers);
  await until('it is found by its name', async () => (await send(ada, { to: 'agent', message: 'for the agent' })).status === 202);
  await arrived(ben, before + 1);
  const own = (await v1(ben, 'GET', 'inbox?mark_seen=false', undefined, headers)).body.items;
  expect(own[0]).toMatchObject({ body: 'for the agent', recipient_pubkey: key, recipient_kind: 'session' });
  expect((await heard.next()).data).toMatchObject({ body: 'for the agent', recipient_pubkey: key, recipient_kind: 'session' });
  heard.close();
  // What it sends is from itself.
  const count = (await inboxOf(ada)).length;
  await v1(ben, 'POST', 'send', { to: 'ada', message: 'from the agent' }, headers);
  expect((await arrived(ada, count + 1)).at(-1)).toMatchObject({
    sender_pubkey: key,
    body: 'from the agent',
    sender_member_pubkey: benSeat.keys.publicKey,
  });
  for (const [change, status] of [
    [{ token: 'x' }, 400],
    [{ pid: 0 }, 400],
    [{ mesh: 'nope' }, 404],
    [{ pid: 2_000_000_000 }, 404],
  ] as const)
    expect([change, (await v1(ben, 'POST', 'sessions/register', { ...body, ...change })).status]).toEqual([change, status]);
  expect((await v1(ben, 'POST', 'sessions/register', '{')).status).toBe(400);
  expect((await v1(ben, 'POST', 'sessions/register', { ...body, cwd: 'x'.repeat(70_000) })).status).toBe(413);
  // It comes back with its key after a restart, as its process still runs.
  await ben.restart();
  await until('it is back', async () => (await v1(ben, 'GET', 'sessions/me', undefined, headers)).body.session?.pubkey === key);
  expect((await v1(ben, 'DELETE', `sessions/${token}`)).body).toMatchObject({ ok: true });
  expect((await v1(ben, 'DELETE', `sessions/${token}`)).status).toBe(404);
  expect((await v1(ben, 'GET', 'sessions/me', undefined, headers)).status).toBe(401);
});

test('keys are files nobody else can read, and leave the daemon over no route', async () => {
  const folder = joinPath(ben.home, 'mesh');
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (name.isFile()) expect([name.name, statSync(joinPath(name.parentPath, name.name)).mode & 0o777]).toEqual([name.name, 0o600]);
  }
  const { secretKey } = benSeat.keys;
  const texts = await Promise.all(
    ['health', 'version', 'peers', 'sessions', 'metrics', 'outbox', 'inbox'].map(async (path) => (await ben.fetch(`/v1/${path}`)).text()),
  );
  expect(texts.join('')).not.toContain(secretKey);
  expect(ben.log()).not.toContain(secretKey);
  expect((await ben.tcp('/v1/health')).status).toBe(401);
  expect((await ben.tcp('/v1/health', { headers: { authorization: `Bearer ${ben.token}` } })).status).toBe(200);
});
