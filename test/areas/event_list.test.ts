import { afterEach, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
const stored: Awaited<ReturnType<typeof publishTo>>[] = [];
beforeAll(async () => {
  zd = await startDaemon();
  for (let at = 0; at < 10; at++) stored.push(await publishTo(zd, at % 2 === 0 ? 'even.number' : 'odd.number', at));
});
let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});

const list = async (input: Record<string, unknown> = {}) => (await zd.call('event_list', input)).body;
const numbers = async (input: Record<string, unknown>) => (await list(input)).events.map((event: any) => event.data);

test('events come as they were published, oldest first', async () => {
  const { events, ...rest } = await list();
  expect(rest).toEqual({ ok: true, count: 10, truncated: false, next_cursor: null, complete: true });
  expect(events[3]).toEqual({
    seq: stored[3]!.seq,
    event_id: stored[3]!.event_id,
    ts_ns: stored[3]!.ts_ns,
    kind: 'pub',
    scope: 'http',
    topic: 'odd.number',
    source: 'http',
    visibility: 'public',
    session_id: null,
    data: 3,
  });
  expect(events.map((event: any) => event.data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('every filter, alone and together', async () => {
  expect(await numbers({ topic: 'even.*' })).toEqual([0, 2, 4, 6, 8]);
  expect(await numbers({ topic: '*dd.n?mber' })).toEqual([1, 3, 5, 7, 9]);
  expect(await numbers({ scope: 'http' })).toHaveLength(10);
  expect(await numbers({ scope: 'shell:0', topic: 'odd.number' })).toHaveLength(5);
  expect(await numbers({ scope: 'shell:?' })).toHaveLength(10);
  expect(await numbers({ scope: 'job:*' })).toEqual([]);
  expect(await numbers({ kind: 'pub' })).toHaveLength(10);
  expect(await numbers({ kind: 'fs' })).toEqual([]);
  expect(await numbers({ since: String(stored[6]!.seq) })).toEqual([7, 8, 9]);
  expect(await numbers({ since: stored[6]!.event_id })).toEqual([7, 8, 9]);
  expect(await numbers({ since: '1h' })).toHaveLength(10);
  expect(await numbers({ since: 'latest' })).toEqual([]);
  expect(await numbers({ since: 'earliest', until: String(stored[1]!.seq) })).toEqual([0, 1]);
  expect(await numbers({ until: new Date(Math.round(stored[0]!.ts_ns / 1e6)).toISOString() })).toEqual([]);
  expect(await numbers({ since: new Date(Math.round(stored[0]!.ts_ns / 1e6)).toISOString() })).toHaveLength(10);
  expect(await numbers({ order: 'desc', limit: 3 })).toEqual([9, 8, 7]);
  expect(await numbers({ topic: 'odd.*', since: stored[2]!.event_id, until: stored[7]!.event_id, order: 'desc' })).toEqual([7, 5, 3]);
});

test('pages follow each other exactly', async () => {
  for (const order of ['asc', 'desc'] as const) {
    const seen: unknown[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await list({ topic: 'even.*', order, limit: 2, until: stored[9]!.event_id, ...(cursor ? { cursor } : {}) });
      seen.push(...page.events.map((event: any) => event.data));
      if (!page.truncated) break;
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(order === 'asc' ? [0, 2, 4, 6, 8] : [8, 6, 4, 2, 0]);
  }
});

test('large events make small pages', async () => {
  const other = await startDaemon();
  for (let at = 0; at < 20; at++) await publishTo(other, 'large', 'x'.repeat(250 * 1024));
  const first = (await other.call('event_list', { limit: 1000 })).body;
  expect(first).toMatchObject({ count: 16, truncated: true });
  expect((await other.call('event_list', { limit: 1000, cursor: first.next_cursor })).body).toMatchObject({ count: 4, truncated: false });
});

test.each([
  [{ since: 'yesterday' }, 'bad_args', '/since'],
  [{ until: '10 minutes' }, 'bad_args', '/until'],
  [{ cursor: 'x' }, 'bad_args', '/cursor'],
  [{ limit: 0 }, 'bad_args', '/limit'],
  [{ limit: 1001 }, 'bad_args', '/limit'],
  [{ order: 'up' }, 'bad_args', '/order'],
  [{ kinds: [] }, 'bad_args', ''],
  [{ scope: 'nobody' }, 'bad_pattern', '/scope'],
  [{ scope: 'job:1.x' }, 'bad_pattern', '/scope'],
  [{ topic: 'a\nb' }, 'bad_pattern', '/topic'],
])('%p is refused', async (input, code, path) => {
  const { status, body } = await zd.call('event_list', input);
  expect([status, body.code]).toEqual([400, code]);
  if (path !== '') expect(body.path).toBe(path);
});

test('a stream begins where since says, and an id of a frame wins', async () => {
  const listen = (search: string, headers: Record<string, string> = {}) => listenTo(zd, `channel=*.*&${search}`, { signal: clients.signal, headers });
  for (const since of [String(stored[6]!.seq), stored[6]!.event_id]) {
    const stream = await listen(`since=${since}`);
    expect((await stream.take(3)).map((frame) => frame.data.data)).toEqual([7, 8, 9]);
  }
  for (const since of ['earliest', '1h', '0', new Date(Math.round(stored[0]!.ts_ns / 1e6)).toISOString()])
    expect((await (await listen(`since=${encodeURIComponent(since)}`)).take(10)).map((frame) => frame.data.data)).toEqual([
      0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
    ]);
  expect((await (await listen('since=earliest', { 'last-event-id': stored[8]!.event_id })).next()).data.data).toBe(9);
  const live = await listen('since=latest');
  const next = await publishTo(zd, 'even.number', 10);
  expect((await live.next()).id).toBe(next.event_id);
  const ahead = await listen('since=1000000');
  expect(await ahead.next()).toMatchObject({ event: 'gap', data: { requested: '1000000', lost: null } });
});

test('since is checked before a stream opens', async () => {
  const response = await zd.fetch('/stream/events?since=tomorrow');
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ code: 'bad_args', path: '/since' });
});

test('from the command line', async () => {
  const { code, stdout } = await zd.zd('event', 'list', '--topic', 'odd.*', '--limit', '2', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout).events.map((event: any) => event.data)).toEqual([1, 3]);
  expect((await zd.zd('event', 'list', '--since', 'never')).code).toBe(2);
});

test('a kind can be given bounds of its own while the daemon runs', async () => {
  const other = await startDaemon({ config: '[events.kinds]\npub = { max_count = 5 }\n' });
  for (let at = 0; at < 12; at++) await publishTo(other, 'x', at);
  await until('retention has been there', async () => (await other.call('event_stats')).body.events === 5);
  const set = await other.call('config_set', { key: 'events.kinds', value: '{"pub":{"max_count":2}}' });
  expect([set.status, set.body.value ?? set.body.msg]).toEqual([200, expect.anything()]);
  await until('it has been there again', async () => (await other.call('event_stats')).body.events === 2);
  const { body } = await other.call('event_list', { since: '3' });
  expect([body.complete, body.events.map((event: any) => event.data)]).toEqual([false, [10, 11]]);
  const bad = await other.call('config_set', { key: 'events.kinds', value: '{"pub":{"max_count":"2"}}' });
  expect([bad.status, bad.body.code]).toEqual([400, 'bad_value']);
});
