import { afterAll, beforeAll, expect, test } from 'bun:test';
import type { EventFigures } from '../../src/areas/event/service';
import { eventFamilies } from '../../src/transport/metrics_events';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';
import { until } from '../helper/until';

let zd: TestDaemon;
const clients = new AbortController();
beforeAll(async () => {
  zd = await startDaemon({ env: { ZD_LIMITS_QUEUE_EVENTS: '10' } });
});
afterAll(() => clients.abort());

/** Every `zd_event_…` line of the metrics page, by what stands before its value. */
const metrics = async (): Promise<Record<string, number>> => {
  const text = await (await zd.fetch('/metrics')).text();
  return Object.fromEntries(Array.from(text.matchAll(/^(zd_event_\S+) (\S+)$/gm), ([, name, value]) => [name!, Number(value)]));
};

test('the log and its streams are in the metrics', async () => {
  expect(await metrics()).toMatchObject({ zd_event_subscribers: 0, zd_event_oldest_seq: 0, zd_event_newest_seq: 0, zd_event_published_total: 0 });
  const first = await publishTo(zd, 'a');
  await publishTo(zd, 'b', 'x'.repeat(1000));
  const { response, take } = await listenTo(zd, '', { signal: clients.signal, headers: { 'last-event-id': first.event_id } });
  await take(1);
  expect(response.status).toBe(200);
  await until('the replay is over', async () => (await metrics()).zd_event_subscribers === 1);
  const seen = await metrics();
  expect(seen).toMatchObject({
    zd_event_oldest_seq: 1,
    zd_event_newest_seq: 2,
    zd_event_published_total: 2,
    zd_event_replayed_total: 1,
    zd_event_delivered_total: 0,
    'zd_event_stored{kind="pub"}': 2,
  });
  expect(seen['zd_event_stored_bytes{kind="pub"}']).toBeGreaterThan(1000);
  expect(Math.abs(seen.zd_event_oldest_timestamp_seconds! - first.ts_ns / 1e9)).toBeLessThan(0.001);
});

test('a reader that stands still shows as a queue, then as dropped events', async () => {
  const begun = Promise.withResolvers<void>();
  const data = (socket: Bun.Socket) => {
    // Paused at the first bytes: what is not read stays with the daemon.
    socket.pause();
    begun.resolve();
  };
  const still = await Bun.connect({ unix: zd.socket, socket: { data } });
  still.write('GET /stream/events HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await begun.promise;
  const payload = 'y'.repeat(32 * 1024);
  let deepest = 0;
  await until('it lags', async () => {
    await publishTo(zd, 'flood', payload);
    const seen = await metrics();
    deepest = Math.max(deepest, seen.zd_event_queue_events_max!);
    if (seen.zd_event_queue_events_max! > 0) expect(seen.zd_event_queue_bytes_max).toBeGreaterThan(payload.length);
    return seen.zd_event_lagged_total! > 0;
  });
  expect(deepest).toBeWithin(1, 11);
  const seen = await metrics();
  expect(seen.zd_event_dropped_total).toBeGreaterThan(0);
  const { body } = await zd.call('event_stats');
  expect(body).toMatchObject({ lagged: seen.zd_event_lagged_total, missed: seen.zd_event_dropped_total });
  still.terminate();
});

test('kinds beyond the first twenty share one label', () => {
  const kinds = Object.fromEntries(Array.from({ length: 30 }, (_, at) => [`k${String(at).padStart(2, '0')}`, { count: 100 - at, bytes: 10 }]));
  const figures = { kinds, oldest: null, newest: null, deepest: { events: 0, bytes: 0 } } as unknown as EventFigures;
  const stored = eventFamilies(figures).find(({ name }) => name === 'zd_event_stored')!;
  expect(stored.samples.map(({ labels }) => labels!.kind)).toEqual([...Object.keys(kinds).slice(0, 20), '_other']);
  expect(stored.samples.at(-1)!.value).toBe(75.5 * 10);
});
