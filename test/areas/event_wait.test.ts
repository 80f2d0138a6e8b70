import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { publishTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
beforeAll(async () => {
  zd = await startDaemon();
});
const waiting = (count: number) => until(`${count} calls wait`, async () => (await zd.call('event_stats')).body.streams === count);

test('the next event that a pattern matches is the reply', async () => {
  const reply = zd.call('wait_for_event', { patterns: ['*.wait.*', 'http.other'] });
  await waiting(1);
  await publishTo(zd, 'unrelated');
  const { event_id, seq, ts_ns } = await publishTo(zd, 'wait.done', { n: 1 });
  await publishTo(zd, 'wait.later');
  expect(await reply).toEqual({
    status: 200,
    body: { ok: true, event_id, seq, ts_ns, scope: 'http', topic: 'wait.done', source: 'http', data: { n: 1 }, matched: ['*.wait.*'], gap: null },
  });
  await waiting(0);
});

test('a live-only event ends a wait, too', async () => {
  const reply = zd.call('wait_for_event', { patterns: '*.live.only' });
  await waiting(1);
  await zd.call('publish', { topic: 'live.only', data: 1, ephemeral: true });
  expect(await reply).toMatchObject({ status: 200, body: { topic: 'live.only', data: 1, seq: null } });
});

test('with the id of the last event nothing is missed between two calls', async () => {
  let since = (await publishTo(zd, 'chain', 0)).event_id;
  for (const data of [1, 2, 3]) await publishTo(zd, 'chain', data);
  for (const data of [1, 2, 3]) {
    const { body } = await zd.call('wait_for_event', { patterns: '*.chain', since });
    expect(body.data).toBe(data);
    since = body.event_id;
  }
});

test('time that runs out is a 408 that says where to go on', async () => {
  const { event_id } = await publishTo(zd, 'before');
  const { status, body } = await zd.call('wait_for_event', { patterns: '*.never', timeout_secs: 0.05 });
  expect([status, body.code, body.since]).toEqual([408, 'timeout', event_id]);
  const missed = await publishTo(zd, 'never');
  expect((await zd.call('wait_for_event', { patterns: '*.never', since: body.since })).body.event_id).toBe(missed.event_id);
  await waiting(0);
});

test('an id that is not of this log is said as a gap', async () => {
  const reply = zd.call('wait_for_event', { patterns: '*.after.gap', since: 'elsewhere0-5' });
  await waiting(1);
  await publishTo(zd, 'after.gap');
  expect((await reply).body).toMatchObject({ topic: 'after.gap', gap: { requested: 'elsewhere0-5', lost: null } });
});

test('a caller that leaves is let go', async () => {
  const leaving = new AbortController();
  const headers = { 'content-type': 'application/json' };
  const call = zd.fetch('/op/wait_for_event', { method: 'POST', headers, body: '{"patterns":"*.never"}', signal: leaving.signal }).catch(() => null);
  await waiting(1);
  leaving.abort();
  await call;
  await waiting(0);
});

test.each([
  {},
  { patterns: [] },
  { patterns: '*.x', timeout_secs: 0 },
  { patterns: '*.x', timeout_secs: -1 },
  { patterns: '*.x', timeout_secs: 1e9 },
])('%p is refused', async (input) => {
  expect(await zd.call('wait_for_event', input)).toMatchObject({ status: 400, body: { code: 'bad_args' } });
});

test('a bad pattern is named', async () => {
  expect(await zd.call('wait_for_event', { patterns: 'nodot' })).toMatchObject({ status: 400, body: { code: 'bad_pattern', path: '/patterns' } });
});

test('from the command line: the data on stdout, 124 when the time is over', async () => {
  const run = zd.zd('event', 'wait', '*.cli.done');
  await waiting(1);
  await publishTo(zd, 'cli.done', { n: 1 });
  expect(await run).toMatchObject({ code: 0, stdout: '{"n":1}\n' });
  expect((await zd.zd('event', 'wait', '*.never', '--timeout-secs', '0.05')).code).toBe(124);
});
