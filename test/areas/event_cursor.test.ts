import { afterEach, beforeAll, expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo, type ListenOptions } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon({
    config: '[http.tokens]\none = "one-token-0123456789"\ntwo = "two-token-0123456789"\n[events]\nmax_cursors = 8\n',
  });
});
let clients = new AbortController();
afterEach(() => {
  clients.abort();
  clients = new AbortController();
});
const listen = (cursor: string, search = '', init: ListenOptions = {}) =>
  listenTo(zd, `cursor=${cursor}&channel=*.${cursor}${search}`, { signal: clients.signal, ...init });
const commit = async (cursor: string, event_id: string, more: object = {}) =>
  (await zd.call('event_cursor_commit', { cursor, event_id, ...more })).body;
const row = async (cursor: string) => (await zd.call('event_cursor_list')).body.cursors.find((each: { cursor: string }) => each.cursor === cursor);

test('a reader that dies gets again what it had not acknowledged, also after kill -9 of the daemon', async () => {
  const first = await listen('work');
  const opening = await first.next();
  expect(opening).toMatchObject({ event: 'cursor', data: { cursor: 'work', attempts: 1 } });
  const sent = [];
  for (let at = 0; at < 5; at++) sent.push(await publishTo(zd, 'work', at));
  expect((await first.take(5)).map(({ data }) => data.data)).toEqual([0, 1, 2, 3, 4]);
  expect(await commit('work', sent[1]!.event_id)).toMatchObject({ ok: true, event_id: sent[1]!.event_id, moved: true });
  clients.abort();
  clients = new AbortController();
  await zd.kill();
  await zd.restart();
  expect(await row('work')).toMatchObject({ event_id: sent[1]!.event_id, attempts: 0 });
  expect((await row('work')).behind).toBeGreaterThanOrEqual(3);
  const second = await listen('work');
  expect(second.response.headers.get('last-event-id')).toBe(sent[1]!.event_id);
  expect(await second.next()).toMatchObject({ event: 'cursor', data: { event_id: sent[1]!.event_id, attempts: 1 } });
  expect((await second.take(3)).map(({ data }) => data.data)).toEqual([2, 3, 4]);
  expect((await (await listen('work')).next()).data.attempts).toBe(2);
});

test('a new reader misses nothing from its first stream on, though it acknowledged nothing', async () => {
  expect((await (await listen('fresh')).next()).event).toBe('cursor');
  clients.abort();
  clients = new AbortController();
  await publishTo(zd, 'fresh', 'while nobody read');
  const again = await listen('fresh');
  expect((await again.take(2))[1]).toMatchObject({ data: { data: 'while nobody read' } });
});

test('since is where a new reader begins, Last-Event-ID goes on for one that only lost its connection', async () => {
  const [a, b] = [await publishTo(zd, 'both', 'a'), await publishTo(zd, 'both', 'b')];
  expect((await (await listen('both', '&since=earliest')).take(3)).map(({ data }) => data.data)).toEqual([undefined, 'a', 'b']);
  const reconnected = await listen('both', '', { headers: { 'last-event-id': a.event_id } });
  expect((await reconnected.take(2))[1]!.id).toBe(b.event_id);
  expect((await (await listen('both', '&since=latest')).take(2))[1]!.id).toBe(a.event_id);
});

test('it moves forwards only, unless told to go back; latest skips ahead; foreign ids are refused', async () => {
  const [a, b] = [await publishTo(zd, 'moves'), await publishTo(zd, 'moves')];
  expect((await commit('moves', b.event_id)).moved).toBe(true);
  expect(await commit('moves', a.event_id)).toMatchObject({ event_id: b.event_id, moved: false });
  expect(await commit('moves', a.event_id, { rewind: true })).toMatchObject({ event_id: a.event_id, moved: true });
  expect(await commit('moves', 'latest')).toMatchObject({ event_id: b.event_id, moved: true });
  for (const event_id of ['nonsense', 'zzzzzzzzzz-1', `${b.event_id}9`])
    expect(await zd.call('event_cursor_commit', { cursor: 'moves', event_id })).toMatchObject({ status: 400, body: { path: '/event_id' } });
  for (const cursor of ['', 'a b', '-x', 'x'.repeat(101)]) {
    expect((await zd.call('event_cursor_commit', { cursor, event_id: 'latest' })).status).toBe(400);
    expect((await zd.fetch(`/stream/events?cursor=${encodeURIComponent(cursor)}`)).status).toBe(400);
  }
  expect((await zd.call('event_cursor_delete', { cursor: 'moves' })).body).toMatchObject({ removed: true });
  expect((await zd.call('event_cursor_delete', { cursor: 'moves' })).body).toMatchObject({ removed: false });
  expect(await row('moves')).toBeUndefined();
});

test('a cursor belongs to its token', async () => {
  const as = async (name: string, op: string, input: unknown) => {
    const headers = { authorization: `Bearer ${name}-token-0123456789`, 'content-type': 'application/json' };
    return (await (await zd.tcp(`/op/${op}`, { method: 'POST', headers, body: JSON.stringify(input) })).json()) as any;
  };
  await as('one', 'event_cursor_commit', { cursor: 'shared', event_id: 'latest' });
  expect((await as('one', 'event_cursor_list', {})).count).toBe(1);
  expect((await as('two', 'event_cursor_list', {})).count).toBe(0);
  expect((await as('two', 'event_cursor_delete', { cursor: 'shared' })).removed).toBe(false);
  expect((await as('one', 'event_cursor_delete', { cursor: 'shared' })).removed).toBe(true);
});

test('behind a gap it is told what is lost', async () => {
  const first = await publishTo(zd, 'gapped');
  await commit('gapped', first.event_id);
  for (let at = 0; at < 10; at++) await publishTo(zd, 'gapped', at);
  await zd.call('config_set', { key: 'events.max_count', value: 2 });
  await until('retention has passed', async () => (await zd.call('event_stats')).body.events === 2);
  await zd.call('config_set', { key: 'events.max_count', value: null });
  const [, gap, next] = await (await listen('gapped')).take(3);
  expect(gap).toMatchObject({ event: 'gap', data: { requested: first.event_id, lost: 8 } });
  expect(next).toMatchObject({ data: { data: 8 } });
});

test('from the command line each event is acknowledged when it is done with, and a command that fails ends it', async () => {
  await commit('cli', 'latest');
  const sent = [];
  for (let at = 0; at < 4; at++) sent.push(await publishTo(zd, 'cli', at));
  const run = (...args: string[]) => zd.zd('events', '*.cli', '--cursor', 'cli', '-q', ...args);
  expect(await run('-n', '2')).toMatchObject({ code: 0, stdout: '0\n1\n', stderr: '' });
  expect((await row('cli')).event_id).toBe(sent[1]!.event_id);
  const file = `${zd.home}/done`;
  const script = 'test "$ZD_EVENT_DATA" = 2 && echo "$ZD_EVENT_DATA" >> "$0"';
  expect((await run('--exec', 'sh', '-c', script, file)).code).toBe(1);
  expect([existsSync(file), readFileSync(file, 'utf8')]).toEqual([true, '2\n']);
  expect((await row('cli')).event_id).toBe(sent[2]!.event_id);
  expect((await run('-n', '1')).stdout).toBe('3\n');
  expect((await zd.zd('event', 'cursor', 'list', '--json')).stdout).toContain('"cursor":"cli"');
});

test('no more cursors than the limit', async () => {
  for (let at = 0; (await zd.call('event_cursor_list')).body.count < 8; at++) await commit(`n${at}`, 'latest');
  expect(await zd.call('event_cursor_commit', { cursor: 'more', event_id: 'latest' })).toMatchObject({
    status: 429,
    body: { code: 'too_many', limit: 8 },
  });
  const refused = await zd.fetch('/stream/events?cursor=more');
  expect([refused.status, await refused.json()]).toMatchObject([429, { code: 'too_many', limit: 8 }]);
  expect((await commit('work', 'latest')).ok).toBe(true);
});
