import { afterEach, beforeAll, expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { ClockedDaemon } from '../helper/daemon_clock';
import { listenTo, type ListenOptions } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config:
      '[http.tokens]\nci = "ci-token-0123456789"\nevents = { token = "events-token-0123456789", scopes = ["event.*"] }\n' +
      'sessions = { token = "sessions-token-0123456789", scopes = ["event.read", "session.read"] }\n',
  });
});

let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}-token-0123456789` });
const listen = (search = '', init: ListenOptions = {}) => listenTo(zd, search, { signal: clients.signal, ...init });
const publish = async (input: Record<string, unknown>) => (await zd.call('publish', input)).body;
const list = async (input: Record<string, unknown>) => (await zd.call('event_list', input)).body;

test('a repeated id is the first event, stored and sent once', async () => {
  const stream = await listen('channel=*.dedup');
  const first = await publish({ topic: 'dedup', data: 1, id: 'order-7' });
  expect(first).toMatchObject({ delivered_to: 1, duplicate: false });
  const again = await publish({ topic: 'dedup', data: 2, id: 'order-7' });
  expect(again).toEqual({ ...first, delivered_to: 0, duplicate: true });
  const other = await publish({ topic: 'dedup', data: 3, id: 'order-8' });
  expect((await stream.take(2)).map((frame) => frame.id)).toEqual([first.event_id, other.event_id]);
});

test('of a hundred calls with one id at once exactly one stores', async () => {
  const replies = await Promise.all(Array.from({ length: 100 }, () => publish({ topic: 'once', id: 'at-once' })));
  expect(replies.filter((reply) => !reply.duplicate)).toHaveLength(1);
  expect(new Set(replies.map((reply) => reply.event_id)).size).toBe(1);
  expect((await list({ topic: 'once' })).count).toBe(1);
});

test('an id belongs to who used it', async () => {
  const mine = await publish({ topic: 'shared', id: 'same' });
  const response = await zd.tcp('/op/publish', {
    method: 'POST',
    headers: { ...bearer('ci'), 'content-type': 'application/json' },
    body: JSON.stringify({ topic: 'shared', id: 'same' }),
  });
  const theirs = (await response.json()) as { duplicate: boolean; seq: number };
  expect(theirs).toMatchObject({ duplicate: false, seq: mine.seq + 1 });
});

test('an id is remembered across a restart, and forgotten after the window', async () => {
  const other = await startDaemon({ config: '[events]\ndedup_secs = 1\n' });
  const send = async () => (await other.call('publish', { topic: 'x', id: 'a' })).body;
  const patient = await startDaemon();
  const kept = (await patient.call('publish', { topic: 'x', id: 'a' })).body;
  const first = await send();
  await patient.kill();
  await patient.start();
  expect((await patient.call('publish', { topic: 'x', id: 'a' })).body).toEqual({ ...kept, duplicate: true });
  const later = await until('the window is over', async () => {
    const reply = await send();
    return reply.duplicate ? undefined : reply;
  });
  expect(later.seq).toBe(first.seq + 1);
  expect(later.ts_ns - first.ts_ns).toBeGreaterThanOrEqual(1e9);
});

test('an ephemeral event is heard live in its place, and never again', async () => {
  const stream = await listen('channel=*.live.*');
  const before = await publish({ topic: 'live.stored' });
  const reply = await publish({ topic: 'live.only', data: 'now', ephemeral: true });
  expect(reply).toMatchObject({ delivered_to: 1, seq: null, event_id: before.event_id, duplicate: false });
  const after = await publish({ topic: 'live.stored' });
  expect(after.seq).toBe(before.seq + 1);
  const frames = await stream.take(3);
  expect(frames.map((frame) => [frame.id, frame.data.topic, frame.data.seq])).toEqual([
    [before.event_id, 'live.stored', before.seq],
    [before.event_id, 'live.only', null],
    [after.event_id, 'live.stored', after.seq],
  ]);
  const resumed = await listen('channel=*.live.*', { headers: { 'last-event-id': frames[1]!.id! } });
  expect((await resumed.next()).id).toBe(after.event_id);
  expect((await list({ topic: 'live.*' })).events.map((event: any) => event.topic)).toEqual(['live.stored', 'live.stored']);
});

test('an event with a time to live is gone when it is over, without a gap', async () => {
  const clock = new ClockedDaemon();
  clock.shift(0);
  const other = await clock.start();
  const send = async (input: Record<string, unknown>) => (await other.call('publish', input)).body;
  const first = await send({ topic: 'ttl.first' });
  await send({ topic: 'ttl.short', ttl_secs: 500, data: 'short' });
  const last = await send({ topic: 'ttl.last', ttl_secs: 1000 });
  const count = async () => (await other.call('event_list', { topic: 'ttl.*' })).body.count as number;
  expect(await count()).toBe(3);
  clock.shift(501_000);
  expect(await count()).toBe(2);
  const stream = await listenTo(other, 'channel=*.ttl.*', { headers: { 'last-event-id': first.event_id }, signal: clients.signal });
  expect((await stream.next()).id).toBe(last.event_id);
});

test.each([
  [{ ephemeral: true, id: 'x' }, 400, 'bad_args', '/id'],
  [{ ephemeral: true, ttl_secs: 5 }, 400, 'bad_args', '/ttl_secs'],
  [{ ttl_secs: 0 }, 400, 'bad_args', '/ttl_secs'],
  [{ ttl_secs: 1.5 }, 400, 'bad_args', '/ttl_secs'],
  [{ id: '' }, 400, 'bad_args', '/id'],
  [{ id: 'a\0b' }, 400, 'bad_args', '/id'],
  [{ id: '\udc00' }, 400, 'bad_args', '/id'],
  [{ session_id: '\udc00' }, 400, 'bad_args', '/session_id'],
  [{ scope: 'job:1' }, 403, 'foreign_scope', '/scope'],
  [{ scope: 'tag:x' }, 403, 'foreign_scope', '/scope'],
  [{ scope: 'session:x' }, 403, 'foreign_scope', '/scope'],
  [{ scope: '*' }, 403, 'foreign_scope', '/scope'],
])('publishing with %p is refused and stores nothing', async (more, status, code, path) => {
  const before = (await zd.call('event_stats')).body.newest;
  const reply = await zd.call('publish', { topic: 'x', ...more });
  expect([reply.status, reply.body.code, reply.body.path]).toEqual([status, code, path]);
  expect((await zd.call('event_stats')).body.newest).toEqual(before);
});

test.each(['http', 'shell:0'])('the own scope %p may be named', async (scope) => {
  const { event_id } = await publish({ topic: 'own', scope });
  expect((await list({ topic: 'own', order: 'desc', limit: 1 })).events[0]).toMatchObject({ event_id, scope: 'http' });
});

test('an event of a session is for its streams alone, live, replayed and listed', async () => {
  const first = await publish({ topic: 'private.first' });
  const everybody = await listen('channel=*.private.*');
  const session = await listen('channel=*.private.*&session_id=s1');
  const secret = await publish({ topic: 'private.said', session_id: 's1', data: 'secret' });
  expect(secret.delivered_to).toBe(1);
  const inData = await publish({ topic: 'private.data', data: { session_id: 's1', text: 'secret' } });
  await publish({ topic: 'private.number', data: { session_id: 7 } });
  await publish({ topic: 'private.other', session_id: 's2' });
  const observed = await publish({ topic: 'private.observed', data: { session_id: 's1', source: 'observability' } });
  expect((await everybody.next()).id).toBe(observed.event_id);
  const mine = await session.take(3);
  expect(mine.map((frame) => frame.id)).toEqual([secret.event_id, inData.event_id, observed.event_id]);
  expect(mine.map((frame) => frame.data.session_id)).toEqual(['s1', 's1', undefined]);
  const resume = { headers: { 'last-event-id': first.event_id } };
  expect((await (await listen('channel=*.private.*', resume)).next()).id).toBe(observed.event_id);
  expect((await (await listen('channel=*.private.*&session_id=s1', resume)).take(3)).map((frame) => frame.id)).toEqual(mine.map((frame) => frame.id));
  expect((await list({ topic: 'private.*' })).events.map((event: any) => event.topic)).toEqual(['private.first', 'private.observed']);
  expect((await list({ topic: 'private.*', session_id: 's2' })).events.map((event: any) => [event.topic, event.session_id])).toEqual([
    ['private.first', null],
    ['private.other', 's2'],
    ['private.observed', null],
  ]);
});

test('naming a session takes the scope for it', async () => {
  for (const [token, status] of [
    ['events', 403],
    ['sessions', 200],
  ] as const) {
    const stream = await zd.tcp('/stream/events?session_id=s1', { headers: bearer(token), signal: clients.signal });
    expect(stream.status).toBe(status);
    const listed = await zd.tcp('/op/event_list', {
      method: 'POST',
      headers: { ...bearer(token), 'content-type': 'application/json' },
      body: '{"session_id":"s1"}',
    });
    expect(listed.status).toBe(status);
    if (status === 403) expect(await listed.json()).toMatchObject({ code: 'scope_denied', required_scope: 'session.read' });
  }
});

test('credentials are heard live without their mark, and nothing of them is kept', async () => {
  const stream = await listen('channel=*.pairing');
  const data = { _ephemeral_credentials: true, code: 'zq-secret-code' };
  const reply = await publish({ topic: 'pairing', data });
  expect(reply).toMatchObject({ delivered_to: 1, seq: null });
  expect((await stream.next()).data.data).toEqual({ code: 'zq-secret-code' });
  expect((await zd.call('publish', { topic: 'pairing', data, id: 'x' })).body).toMatchObject({ code: 'bad_args', path: '/id' });
  expect((await publish({ topic: 'pairing', data: { _ephemeral_credentials: false } })).seq).toBeGreaterThan(0);
  expect((await list({ topic: 'pairing' })).events.map((event: any) => event.data._ephemeral_credentials)).toEqual([false]);
  await zd.stop();
  const files = readdirSync(zd.home, { withFileTypes: true }).filter((entry) => entry.isFile());
  const holding = files.filter(({ name }) => readFileSync(join(zd.home, name)).includes('zq-secret-code'));
  expect(holding).toEqual([]);
  await zd.start();
  expect((await list({ topic: 'pairing', limit: 1000 })).count).toBe(1);
});

test('while nobody has to say who it is, credentials are sent to nobody', async () => {
  const open = await startDaemon({ config: '[http]\nopen = true\n' });
  const stream = await listenTo(open, '', { signal: clients.signal });
  const { body } = await open.call('publish', { topic: 'pairing', data: { _ephemeral_credentials: true, session_id: 's1', code: 'secret' } });
  expect(body).toMatchObject({ delivered_to: 0, seq: null });
  const next = (await open.call('publish', { topic: 'next' })).body;
  expect((await stream.next()).id).toBe(next.event_id);
});
