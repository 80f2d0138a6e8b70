import { afterAll, beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';

const READERS = 50;
let zd: TestDaemon;
const clients = new AbortController();
beforeAll(async () => {
  zd = await startDaemon({ env: { ZD_LIMITS_QUEUE_EVENTS: '20', ZD_LIMITS_STREAMS_PER_TOKEN: '100' } });
});
afterAll(() => clients.abort());

const missed = async () => (await zd.call('event_stats')).body.missed as number;

test('one reader that stands still holds up none of fifty others, and resumes by the id of what it was told', async () => {
  const listen = (headers: Record<string, string> = {}) => listenTo(zd, '', { signal: clients.signal, headers });
  const still = await listen();
  const others = await Promise.all(Array.from({ length: READERS }, () => listen()));
  const payload = 'x'.repeat(32 * 1024);
  const published: { event_id: string; delivered_to: number }[] = [];
  // The others read each event before the next is published: they are never behind, and the still one never reads.
  while ((await missed()) === 0 || published.length < 30) {
    const event = await publishTo(zd, 'flood', payload);
    published.push(event);
    const heard = await Promise.all(others.map((other) => other.next()));
    expect(new Set(heard.map((frame) => frame.id))).toEqual(new Set([event.event_id]));
  }
  expect(published.at(0)!.delivered_to).toBe(READERS + 1);
  expect(published.some((event) => event.delivered_to === READERS)).toBe(true);

  const before: string[] = [];
  let lagged = await still.next();
  for (; lagged.event !== 'lagged'; lagged = await still.next()) before.push(lagged.id!);
  expect(before).toEqual(published.slice(0, before.length).map((event) => event.event_id));
  expect(lagged.data).toMatchObject({ from: before.length + 1, missed: lagged.data.to - before.length });
  const resumed = await listen({ 'last-event-id': lagged.id! });
  const rest = await resumed.take(published.length - before.length);
  expect(rest.map((frame) => frame.id)).toEqual(published.slice(before.length).map((event) => event.event_id));
});
