import { afterEach, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: '[http.tokens]\none = "one-token-0123456789"\ntwo = "two-token-0123456789"\n[limits]\nsubscriptions = 3\n',
  });
});
let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});

const bearer = (name: string) => ({ authorization: `Bearer ${name}-token-0123456789` });
const managed = (search = '', init = {}) => listenTo(zd, `managed=true${search}`, { signal: clients.signal, ...init });
const as = async (name: string, op: string, input: unknown) => {
  const headers = { ...bearer(name), 'content-type': 'application/json' };
  const response = await zd.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) });
  return { status: response.status, body: (await response.json()) as any };
};

test('a managed stream tells its id, and calls change what it hears', async () => {
  const stream = await managed('&channel=*.first');
  const { event, data } = await stream.next();
  expect([event, data]).toMatchObject(['stream', { subscriptions: [{ pattern: '*.first', paused: false }] }]);
  const { stream_id } = data;
  const added = await zd.call('subscribe', { stream_id, pattern: 'http.second' });
  expect(added.body).toMatchObject({ ok: true, pattern: 'http.second', stream_id });
  const { seq, event_id } = await publishTo(zd, 'second', 2);
  expect(await stream.next()).toMatchObject({
    id: event_id,
    event: 'pub',
    data: { seq, data: 2, subscription_id: added.body.subscription_id, subscription_ids: [added.body.subscription_id], matched: ['http.second'] },
  });
  expect((await zd.call('unsubscribe', { pattern: '*.first', stream_id })).body.removed).toBe(1);
  await publishTo(zd, 'first');
  expect((await zd.call('subscription_set_paused', { all: true, paused: true })).body).toMatchObject({ affected: 1, missed: 0 });
  await publishTo(zd, 'second', 'unheard');
  expect((await zd.call('subscription_set_paused', { id: added.body.subscription_id, paused: false })).body).toMatchObject({
    affected: 1,
    missed: 1,
  });
  await publishTo(zd, 'second', 'heard');
  expect((await stream.next()).data.data).toBe('heard');
});

test('a managed stream resumes behind an id', async () => {
  const before = await publishTo(zd, 'again', 0);
  const missed = await publishTo(zd, 'again', 1);
  const stream = await managed('&channel=*.again', { headers: { 'last-event-id': before.event_id } });
  expect((await stream.next()).event).toBe('stream');
  expect((await stream.next()).id).toBe(missed.event_id);
});

test('without a connection that could own it a subscription is refused, and says where to go', async () => {
  for (const input of [{ pattern: '*.x' }, { pattern: '*.x', stream_id: 'no-such-stream' }]) {
    const { status, body } = await zd.call('subscribe', input);
    expect([status, body.code]).toEqual([404, 'no_stream']);
    expect(body.hint).toContain('/ws');
  }
  expect(await zd.call('subscribe', {})).toMatchObject({ status: 400, body: { code: 'bad_args' } });
  expect(await zd.call('subscribe', { list: true, pattern: '*.x' })).toMatchObject({ status: 400 });
  expect(await zd.call('unsubscribe', {})).toMatchObject({ status: 400, body: { code: 'bad_args' } });
  expect(await zd.call('subscription_set_paused', { paused: true })).toMatchObject({ status: 400, body: { code: 'bad_args' } });
});

test('one token does not see or change the streams of another', async () => {
  const stream = await managed('', { tcp: true, headers: bearer('one') });
  const { stream_id, subscriptions } = (await stream.next()).data;
  const { id } = subscriptions[0];
  expect(await as('two', 'subscribe', { stream_id, pattern: '*.x' })).toMatchObject({ status: 404 });
  expect((await as('two', 'subscribe', { list: true })).body.subscriptions).toEqual([]);
  expect((await as('two', 'unsubscribe', { id })).body.removed).toBe(0);
  expect((await as('two', 'subscription_set_paused', { id, paused: true })).body.affected).toBe(0);
  expect((await as('one', 'subscribe', { list: true })).body.subscriptions).toEqual([{ id, pattern: '*.*', paused: false, stream_id }]);
});

test('the limit of one stream holds, and bad patterns are named', async () => {
  const stream = await managed();
  const { stream_id } = (await stream.next()).data;
  expect((await zd.call('subscribe', { stream_id, pattern: ['*.a', '*.b'] })).status).toBe(200);
  expect(await zd.call('subscribe', { stream_id, pattern: '*.c' })).toMatchObject({ status: 429, body: { code: 'too_many', limit: 3 } });
  expect(await zd.call('subscribe', { stream_id, pattern: 'x' })).toMatchObject({ status: 400, body: { code: 'bad_pattern', path: '/pattern' } });
  const many = await zd.fetch('/stream/events?managed=true&channel=*.a&channel=*.b&channel=*.c&channel=*.d');
  expect([many.status, await many.json()]).toMatchObject([429, { code: 'too_many', limit: 3 }]);
  expect((await zd.fetch('/stream/events?managed=true&limit=2')).status).toBe(400);
});

test('the subscriptions of a stream end with it', async () => {
  const leaving = new AbortController();
  const stream = await managed('', { signal: leaving.signal });
  await stream.next();
  expect((await zd.call('subscribe', { list: true })).body.subscriptions).toHaveLength(1);
  leaving.abort();
  await until('nothing is left', async () => (await zd.call('subscribe', { list: true })).body.subscriptions.length === 0);
  expect((await zd.call('event_stats')).body.streams).toBe(0);
});
