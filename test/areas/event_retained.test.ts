import { afterEach, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({ config: '[events]\nmax_retained = 6\n' });
});
let clients = new AbortController();
afterEach(async () => {
  clients.abort();
  clients = new AbortController();
  for (const session of [undefined, 's1', 's2'])
    for (const { topic, session_id } of (await zd.call('event_retained', { session_id: session })).body.events)
      await zd.call('publish', { topic, retain: true, session_id });
  expect((await zd.call('event_retained')).body.count).toBe(0);
});
const retain = async (topic: string, data?: unknown, more: object = {}) => {
  const reply = await zd.call('publish', { topic, data, retain: true, ...more });
  expect(reply.status).toBe(200);
  return reply.body as { event_id: string; seq: number };
};
const listen = (search = '', headers: Record<string, string> = {}) => listenTo(zd, `retained=true${search}`, { signal: clients.signal, headers });

test('a stream begins with the latest of each topic, then goes on live; without asking it does not', async () => {
  await retain('state.a', 1);
  await publishTo(zd, 'state.a', 'not retained');
  const b = await retain('state.b', { green: true });
  const a = await retain('state.a', 2);
  const { take, response } = await listen('&channel=*.state.*');
  const plain = await listenTo(zd, 'channel=*.state.*', { signal: clients.signal });
  const live = await publishTo(zd, 'state.a', 3);
  const frames = await take(3);
  expect(frames.map(({ data }) => [data.topic, data.data, data.seq, data.retained])).toEqual([
    ['state.b', { green: true }, b.seq, true],
    ['state.a', 2, a.seq, true],
    ['state.a', 3, live.seq, undefined],
  ]);
  // The id is the place where the stream begins, so resuming by it brings all that is newer and nothing else.
  expect(frames.map(({ id }) => id)).toEqual([a.event_id, a.event_id, live.event_id]);
  expect(response.headers.get('last-event-id')).toBe(a.event_id);
  expect((await plain.next()).id).toBe(live.event_id);
  const resumed = await listen('&channel=*.state.*', { 'last-event-id': a.event_id });
  expect((await resumed.next()).id).toBe(live.event_id);
});

test('an event without data clears it, and is told like any other', async () => {
  await retain('gone', 'x');
  const heard = await listenTo(zd, 'channel=*.gone', { signal: clients.signal });
  const cleared = await retain('gone');
  expect(await heard.next()).toMatchObject({ id: cleared.event_id, data: { data: null } });
  const { next } = await listen('&channel=*.gone');
  const { event_id } = await publishTo(zd, 'gone', 'live');
  expect((await next()).id).toBe(event_id);
});

test('it outlives the log, a restart and its own ttl does end it', async () => {
  await retain('kept', 'for ever');
  await retain('short', 'a second', { ttl_secs: 1 });
  await zd.call('config_set', { key: 'events.max_count', value: 1 });
  await until('the log is empty but for its end', async () => {
    await publishTo(zd, 'filler');
    return (await zd.call('event_stats')).body.events <= 2;
  });
  await zd.call('config_set', { key: 'events.max_count', value: null });
  await zd.restart();
  expect((await (await listen('&channel=*.kept')).next()).data).toMatchObject({ data: 'for ever', retained: true });
  const seen = async (topic: string) => {
    const stream = await listen(`&channel=*.${topic}&channel=*.mark`);
    await publishTo(zd, 'mark');
    return (await stream.next()).data.topic as string;
  };
  await until('the time is over', async () => (await seen('short')) === 'mark');
});

test('behind a gap the retained events that were lost come again', async () => {
  const before = await publishTo(zd, 'gapped.x');
  await retain('gapped.y', 'lost from the log');
  for (let at = 0; at < 10; at++) await publishTo(zd, 'gapped.x', at);
  await zd.call('config_set', { key: 'events.max_count', value: 2 });
  await until('retention has passed', async () => (await zd.call('event_stats')).body.events === 2);
  await zd.call('config_set', { key: 'events.max_count', value: null });
  const { take } = await listen('&channel=*.gapped.*', { 'last-event-id': before.event_id });
  const [gap, latest, next] = await take(3);
  expect(gap).toMatchObject({ event: 'gap', data: { requested: before.event_id } });
  expect(latest).toMatchObject({ id: gap!.id, data: { data: 'lost from the log', retained: true } });
  expect(next).toMatchObject({ data: { data: 8 } });
});

test('what is private to a session is retained for that session alone', async () => {
  await retain('secret', 'everybody');
  await retain('secret', 'mine', { session_id: 's1' });
  const others = await listen('&channel=*.secret');
  const own = await listen('&channel=*.secret&session_id=s1');
  expect((await own.take(2)).map(({ data }) => data.data)).toEqual(['everybody', 'mine']);
  expect((await others.next()).data.data).toBe('everybody');
  await publishTo(zd, 'secret', 'live');
  expect((await others.next()).data.data).toBe('live');
});

test('no more topics than the limit, no ephemeral ones, and limit= counts them', async () => {
  for (const topic of ['l1', 'l2', 'l3', 'l4', 'l5', 'l6']) await zd.call('publish', { topic, data: 1, retain: true });
  expect(await zd.call('publish', { topic: 'l7', data: 1, retain: true })).toMatchObject({ status: 429, body: { code: 'too_many', limit: 6 } });
  expect(await zd.call('publish_batch', { events: [{ topic: 'l7', data: 1, retain: true }] })).toMatchObject({ status: 429 });
  expect((await zd.call('event_list', { topic: 'l7' })).body.events).toEqual([]);
  expect((await retain('l1', 2)).seq).toBeGreaterThan(0);
  for (const more of [{ ephemeral: true }, { data: { _ephemeral_credentials: true } }])
    expect(await zd.call('publish', { topic: 'l1', data: 1, retain: true, ...more })).toMatchObject({ status: 400, body: { path: '/retain' } });
  const { take } = await listen('&channel=*.l*&limit=2');
  expect((await take(3)).map(({ event }) => event)).toEqual(['pub', 'pub', 'end']);
});

test('a list of them in pages, by pattern and for a session', async () => {
  for (const [topic, session_id] of [['p.a'], ['p.b'], ['p.c', 's2'], ['q.d']] as const) await retain(topic, topic, { session_id });
  const list = async (input: object) => (await zd.call('event_retained', input)).body;
  const first = await list({ pattern: '*.p.*', limit: 1 });
  expect(first).toMatchObject({ count: 1, events: [{ topic: 'p.a', data: 'p.a', scope: 'http', kind: 'pub' }] });
  const second = await list({ pattern: '*.p.*', cursor: first.next_cursor });
  expect(second).toMatchObject({ count: 1, next_cursor: null, events: [{ topic: 'p.b' }] });
  expect((await list({ pattern: '*.p.*', session_id: 's2' })).events).toMatchObject([{}, {}, { topic: 'p.c', session_id: 's2' }]);
  expect(await zd.call('event_retained', { pattern: 'nodot' })).toMatchObject({ status: 400, body: { code: 'bad_pattern', path: '/pattern' } });
  const { body } = await zd.call('event_list', { topic: 'q.d' });
  expect((await list({ pattern: '*.q.*' })).events).toEqual(body.events);
});

test('from the command line', async () => {
  await zd.zd('publish', 'said', '"so"', '--retain');
  expect((await zd.zd('events', '*.said', '--retained', '-n', '1', '-q')).stdout).toBe('so\n');
});
