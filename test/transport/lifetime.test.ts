import { afterEach, beforeAll, expect, test } from 'bun:test';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { openSocket } from '../helper/socket';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';

const config = (list: string) => `[http]
listen = "127.0.0.1:0"
[http.tokens]
keeper = "keeper-token-0123456789"
${list}
[limits]
streams_per_token = 5
`;
const ALL = `full = "full-token-0123456789"
reader = { token = "reader-token-0123456789", scopes = ["event.read"] }
agent = { token = "agent-token-0123456789", scopes = ["event.read", "session.read"] }
`;
const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: config(ALL) });
});
let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});

const reload = async (list: string) => {
  writeFileSync(join(zd.home, 'config.toml'), config(list), { mode: 0o600 });
  expect((await zd.call('daemon', { verb: 'reload' })).status).toBe(200);
};
const listen = (name: string, search = '', headers = {}) =>
  listenTo(zd, search, { tcp: true, headers: { ...bearer(name), ...headers }, signal: clients.signal });
const STREAMS = ['/stream/events', '/stream/definitions', '/api/events'];

test('a token that is removed, changed or loses the scope ends its streams with the reason', async () => {
  const gone = await listen('full');
  const managed = await listen('full', 'managed=true');
  const narrowed = await listen('reader');
  const session = await listen('agent', 'session_id=s1');
  const withoutSession = await listen('agent');
  const stays = await listen('keeper');
  await managed.next();
  await reload(`full = "another-token-0123456789"
reader = { token = "reader-token-0123456789", scopes = ["event.write"] }
agent = { token = "agent-token-0123456789", scopes = ["event.read"] }
`);
  for (const [stream, reason] of [
    [gone, 'token_removed'],
    [managed, 'token_removed'],
    [narrowed, 'scope_lost'],
    [session, 'scope_lost'],
  ] as const) {
    const { event, data } = await stream.next();
    expect([event, data.reason]).toEqual(['end', reason]);
    expect((await stream.events.next()).done).toBe(true);
  }
  expect((await publishTo(zd, 'after')).delivered_to).toBe(2);
  for (const stream of [stays, withoutSession]) expect((await stream.next()).data.topic).toBe('after');
  expect((await zd.call('subscribe', { list: true })).body.subscriptions).toEqual([]);
  expect((await zd.tcp('/stream/events', { headers: bearer('full') })).status).toBe(401);
  await reload(ALL);
});

test('a token that is removed or loses the scope ends its socket with the reason', async () => {
  const gone = await openSocket(zd, { tcp: true, headers: bearer('full') });
  const narrowed = await openSocket(zd, { tcp: true, headers: bearer('reader') });
  const stays = await openSocket(zd, { tcp: true, headers: bearer('keeper') });
  for (const each of [narrowed, stays]) await each.call('subscribe', { pattern: '*.end' });
  await reload('reader = { token = "reader-token-0123456789", scopes = ["cache.*"] }');
  expect(await gone.event()).toMatchObject({ event: 'end', reason: 'token_removed', hint: expect.any(String) });
  expect((await gone.closed).code).toBe(1008);
  expect(await narrowed.event()).toMatchObject({ event: 'end', reason: 'scope_lost' });
  expect((await narrowed.closed).code).toBe(1008);
  expect((await publishTo(zd, 'end')).delivered_to).toBe(1);
  expect((await stays.event()).topic).toBe('end');
  stays.ws.close();
  await reload(ALL);
});

test('a socket without subscriptions has the scopes of now, not those it came with', async () => {
  const socket = await openSocket(zd, { tcp: true, headers: bearer('reader') });
  expect((await socket.call('event_stats')).ok).toBe(true);
  await reload('reader = { token = "reader-token-0123456789", scopes = ["cache.*"] }');
  expect(await socket.call('event_stats')).toMatchObject({ ok: false, err: { code: 'scope_denied' } });
  expect((await socket.call('cache_stats')).ok).toBe(true);
  socket.ws.close();
  await reload(ALL);
});

test('a stop tells every socket and is not held up by one', async () => {
  const stopping = await startDaemon();
  const [idle, listening] = [await openSocket(stopping), await openSocket(stopping)];
  await listening.call('subscribe', { pattern: '*.*' });
  const waiting = listening.call('wait_for_event', { patterns: '*.never' });
  await until('both follow the log', async () => (await stopping.call('event_stats')).body.streams === 2);
  const stopped = stopping.stop();
  expect(await idle.event()).toMatchObject({ event: 'shutdown' });
  expect(await listening.event()).toMatchObject({ event: 'shutdown', reason: 'stopping', retry_ms: expect.any(Number) });
  expect(await waiting).toMatchObject({ ok: false, err: { code: 'shutting_down' } });
  expect([(await idle.closed).code, (await listening.closed).code]).toEqual([1001, 1001]);
  expect(await stopped).toBe(0);
});

test('a stop tells every stream when to come back, each at another time', async () => {
  const stopping = await startDaemon();
  const open = await Promise.all(Array.from({ length: 8 }, (_, at) => stopping.fetch(STREAMS[at % STREAMS.length]!)));
  const ends = Promise.all(open.map((response) => response.text()));
  expect(await stopping.stop()).toBe(0);
  const retries = (await ends).map((text) => {
    const [, retry, said] = /\nid: \S+\nretry: (\d+)\nevent: shutdown\ndata: .*"retry_ms":(\d+)}\n\n$/.exec(text)!;
    expect(retry).toBe(said!);
    return retry;
  });
  expect(new Set(retries).size).toBeGreaterThan(1);
});

test('a stream with a limit ends by itself, and whoever comes back is told to stay away', async () => {
  const stream = await listen('keeper', 'limit=2&channel=*.few');
  await Promise.all([1, 2, 3].map((data) => publishTo(zd, 'few', data)));
  const frames = [await stream.next(), await stream.next(), await stream.next()];
  expect(frames.map(({ event }) => event)).toEqual(['pub', 'pub', 'end']);
  expect(frames[2]).toMatchObject({ id: 'end', data: { reason: 'limit' } });
  expect((await stream.events.next()).done).toBe(true);
  for (const path of STREAMS) {
    const again = await zd.fetch(path, { headers: { 'last-event-id': 'end' } });
    expect([again.status, await again.text()]).toEqual([204, '']);
  }
  expect((await zd.tcp('/stream/events', { headers: { 'last-event-id': 'end' } })).status).toBe(401);
  const run = zd.zd('events', '*.cli.few', '--limit', '1');
  await until('it listens', async () => (await publishTo(zd, 'cli.few')).delivered_to === 1);
  const { code, stdout, stderr } = await run;
  expect([code, stdout.includes('cli.few'), stderr.includes('broke')]).toEqual([0, true, false]);
});

test('the reference name of the id in the query works, too', async () => {
  const before = await publishTo(zd, 'poly', 0);
  const { event_id } = await publishTo(zd, 'poly', 1);
  expect((await (await listen('keeper', `channel=*.poly&lastEventId=${before.event_id}`)).next()).id).toBe(event_id);
});

test.each(STREAMS)('%s begins at once in both formats, and HEAD opens nothing', async (path) => {
  for (const [accept, type, opening] of [
    ['*/*', 'text/event-stream; charset=utf-8', 'retry: '],
    ['application/x-ndjson', 'application/x-ndjson; charset=utf-8', '\n'],
  ] as const) {
    const response = await zd.fetch(path, { headers: { accept }, signal: clients.signal });
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([200, type, 'no-store']);
    const { value } = await response.body!.getReader().read();
    expect(new TextDecoder().decode(value)).toStartWith(opening);
    const head = await zd.fetch(path, { method: 'HEAD', headers: { accept } });
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([200, type, '']);
  }
  expect((await zd.tcp(path, { method: 'HEAD' })).status).toBe(401);
  clients.abort();
  await until('no stream is open', async () => (await zd.call('event_stats')).body.streams === 0);
});

test.each(STREAMS)('%s refuses a since that is none', async (path) => {
  const response = await zd.fetch(`${path}?since=yesterdayish`);
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'bad_args', path: '/since' }]);
});

test('a gap looks the same in both formats of every stream', async () => {
  for (const path of STREAMS) {
    const headers = { 'last-event-id': 'elsewhere0-5', accept: 'application/x-ndjson' };
    const response = await zd.fetch(path, { headers, signal: clients.signal });
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.includes('gap')) break;
    }
    expect(JSON.parse(text.trim())).toMatchObject({ event: 'gap', data: { requested: 'elsewhere0-5', lost: null } });
  }
});

test('the limit of streams per token is a 429 that names it, and a stream that ends makes room', async () => {
  const leaving = new AbortController();
  const open = () => zd.tcp('/api/events', { headers: bearer('full'), signal: leaving.signal });
  expect((await Promise.all(Array.from({ length: 5 }, open))).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  const refused = await open();
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'too_many', limit: 5 }]);
  expect(refused.headers.get('retry-after')).toBe('1');
  leaving.abort();
  await until('there is room', async () => (await zd.tcp('/api/events', { headers: bearer('full'), signal: clients.signal })).status === 200);
});
