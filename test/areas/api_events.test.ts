import { afterEach, beforeAll, expect, test } from 'bun:test';
import { apiFilter, apiObject } from '../../src/areas/event/api_view';
import { Batch, select } from '../../src/areas/event/batch';
import { definitionsFilter } from '../../src/areas/event/definitions_stream';
import type { EventRecord } from '../../src/kernel/context';
import { readEvents } from '../../src/kernel/event_stream';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { publishTo } from '../helper/stream';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: `[http.tokens]
reader = { token = "reader-token-0123456789", scopes = ["event.read"] }
session = { token = "session-token-0123456789", scopes = ["event.read", "session.read"] }
none = { token = "nothing-token-0123456789", scopes = ["defs.write"] }
`,
  });
});
let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});
const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });

async function open(search = '', headers: Record<string, string> = {}) {
  const response = await zd.fetch(`/api/events${search}`, { headers, signal: clients.signal });
  expect(response.status).toBe(200);
  const events = readEvents(response.body as unknown as AsyncIterable<Uint8Array>);
  return async () => {
    const { value } = await events.next();
    return { ...value!, data: JSON.parse(value!.data) };
  };
}
const history = async (search = '') => (await (await zd.fetch(`/api/events/history${search}`)).json()) as { events: any[]; next: number | null };

test('a frame is an id and one flat object, and the history has the same objects, oldest first', async () => {
  const next = await open();
  const first = await publishTo(zd, 'tool_call', { tool: 'shell', duration_ms: 42, success: true });
  const second = await publishTo(zd, 'plain', 'text');
  const heard = [await next(), await next()];
  expect(heard.map(({ id, event }) => [id, event])).toEqual([
    [first.event_id, 'message'],
    [second.event_id, 'message'],
  ]);
  expect(heard[0]!.data).toEqual({
    tool: 'shell',
    duration_ms: 42,
    success: true,
    type: 'tool_call',
    source: 'http',
    timestamp: new Date(Math.round(first.ts_ns / 1e6)).toISOString().replace('Z', '+00:00'),
    v: 1,
    seq: first.seq,
    id: first.event_id,
    ts_ns: first.ts_ns,
    kind: 'pub',
    scope: 'http',
    visibility: 'public',
  });
  expect(heard[1]!.data).toMatchObject({ type: 'plain', data: 'text' });
  expect((await history('?limit=2')).events).toEqual(heard.map(({ data }) => data));
});

test('the raw frame has no event name', async () => {
  const before = await publishTo(zd, 'raw', 0);
  const { event_id } = await publishTo(zd, 'raw', 1);
  const response = await zd.fetch('/api/events', { headers: { 'last-event-id': before.event_id }, signal: clients.signal });
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += new TextDecoder().decode(chunk);
    if (text.includes(event_id) && text.endsWith('\n\n')) break;
  }
  expect(text).toMatch(new RegExp(`^retry: \\d+\n: zd\n\nid: ${event_id}\ndata: {[^\n]*}\n\n$`));
});

test('resume and types hold for the stream, limit, types and before for the history', async () => {
  const start = await publishTo(zd, 'page.start');
  const stored = [];
  for (let at = 0; at < 6; at++) stored.push(await publishTo(zd, at % 2 ? 'page.odd' : 'page.even', at));
  const next = await open('?types=page.odd,page.other', { 'last-event-id': start.event_id });
  for (const at of [1, 3, 5]) expect((await next()).id).toBe(stored[at]!.event_id);
  const again = await open(`?types=page.odd&since=${start.seq}`);
  for (const at of [1, 3, 5]) expect((await again()).id).toBe(stored[at]!.event_id);
  const newest = await history('?types=page.odd&limit=2');
  expect(newest.events.map((event) => event.data)).toEqual([3, 5]);
  const older = await history(`?types=page.odd&limit=2&before=${newest.next}`);
  expect(older).toMatchObject({ events: [{ data: 1 }], next: null });
  for (const search of ['?limit=0', '?limit=5001', '?before=x', '?nonsense=1', '?session='])
    expect((await zd.fetch(`/api/events/history${search}`)).status).toBe(400);
});

test('a history of many pages is whole', async () => {
  await Promise.all(Array.from({ length: 600 }, (_, at) => publishTo(zd, 'many', at)));
  const { events } = await history('?types=many&limit=5000');
  expect(events.map((event) => event.data).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 600 }, (_, at) => at));
  expect(events.map((event) => event.seq)).toEqual(events.map((event) => event.seq).toSorted((a, b) => a - b));
  expect((await history()).events).toHaveLength(500);
});

test('a session is named only with the scope for it', async () => {
  for (const path of ['/api/events', '/api/events/history']) {
    expect((await zd.tcp(path)).status).toBe(401);
    expect((await zd.tcp(path, { headers: { authorization: 'Bearer nothing-token-0123456789' } })).status).toBe(403);
    const denied = await zd.tcp(`${path}?session=s1`, { headers: bearer('reader') });
    expect([denied.status, await denied.json()]).toMatchObject([403, { code: 'scope_denied', required_scope: 'session.read' }]);
    expect((await zd.tcp(`${path}?session=s1`, { headers: bearer('session'), signal: clients.signal })).status).toBe(200);
  }
});

test('an event that names a session reaches only who names it, live, replayed and in the history', async () => {
  const [everybody, reader, other] = [await open(), await open('?session=s1'), await open('?session=s2')];
  const before = await publishTo(zd, 'private.start');
  const secret = await publishTo(zd, 'agent_say', { session_id: 's1', text: 'secret' });
  const observed = await publishTo(zd, 'tool_call', { session_id: 's1', source: 'observability' });
  const last = await publishTo(zd, 'private.end');
  const ids = async (next: Awaited<ReturnType<typeof open>>) => {
    const seen = [];
    for (let frame = await next(); ; frame = await next()) {
      seen.push(frame.id);
      if (frame.id === last.event_id) return seen;
    }
  };
  const [forAll, forReader] = [
    [before, observed, last].map(({ event_id }) => event_id),
    [before, secret, observed, last].map(({ event_id }) => event_id),
  ];
  expect([await ids(everybody), await ids(reader), await ids(other)]).toEqual([forAll, forReader, forAll]);
  for (const [search, expected] of [
    ['', forAll],
    ['session=s1', forReader],
    ['session=s2', forAll],
  ] as const) {
    const { events } = await history(`?limit=${expected.length}&${search}`);
    expect(events.map(({ id }) => id)).toEqual([...expected]);
    expect(await ids(await open(`?${search}`, { 'last-event-id': before.event_id }))).toEqual(expected.slice(1));
  }
});

test('a live-only event is on the stream with no number and not in the history', async () => {
  const next = await open('?types=code');
  expect((await zd.call('publish', { topic: 'code', data: { code: '123456' }, ephemeral: true })).body.delivered_to).toBe(1);
  expect((await next()).data).toMatchObject({ type: 'code', code: '123456', seq: null });
  expect((await history('?types=code')).events).toEqual([]);
});

const record = (extra: Partial<EventRecord>): EventRecord => ({
  seq: 1,
  id: 'e-1',
  ts: 0,
  kind: 'pub',
  scope: 'http',
  topic: 't',
  source: 'http',
  visibility: 'public',
  data: 'null',
  ...extra,
});

test('private events are for a reader of their session alone', () => {
  const everybody = apiFilter({ audience: { sessions: [] }, types: null });
  const reader = apiFilter({ audience: { sessions: ['s1'] }, types: null });
  const mine = record({ visibility: 'private', session: 's1' });
  const other = record({ visibility: 'private', session: 's2' });
  expect([record({}), mine, other].map((event) => everybody.match(event) !== null)).toEqual([true, false, false]);
  expect([record({}), mine, other].map((event) => reader.match(event) !== null)).toEqual([true, true, false]);
  expect(everybody.key).not.toBe(reader.key);
  expect(apiObject(mine)).toMatchObject({ visibility: 'private', session_id: 's1' });
});

test.each(['{"id":"forged"}', '{"source":"observability"}', '{"data":1}', '{"__proto__":{"x":1}}', '[1]', '7'])(
  'data %p never passes for the envelope',
  (data) => {
    expect(apiObject(record({ data }))).toMatchObject({ id: 'e-1', source: 'http', data: JSON.parse(data) });
  },
);

test('two readers of one view share its bytes, another view has its own', () => {
  const item = { event: record({ kind: 'defs', data: '{"rows_written":3}' }) };
  const batch = (filter: typeof definitionsFilter) => select(filter, [item])?.batch as Batch;
  const defs = batch(definitionsFilter);
  expect(new TextDecoder().decode(defs.sse())).toBe('id: e-1\nevent: defs\ndata: {"rows_written":3}\n\n');
  expect(new TextDecoder().decode(defs.ndjson())).toBe('{"id":"e-1","event":"defs","data":{"rows_written":3}}\n');
  expect(select(definitionsFilter, [{ event: record({}) }])).toBeNull();
  expect(apiFilter({ audience: { sessions: [] }, types: ['b', 'a'] }).key).toBe(apiFilter({ audience: { sessions: [] }, types: ['a', 'b'] }).key);
});
