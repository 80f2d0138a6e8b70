import { afterEach, beforeEach, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog, type EventLimits } from '../../src/areas/event/log';
import type { Logger } from '../../src/kernel/log';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { readerOf } from '../helper/event_reader';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const ROOMY: EventLimits = {
  queue_events: 10_000,
  queue_bytes: 1e8,
  max_count: 1e6,
  max_age_secs: 1e6,
  max_bytes: 1e9,
  kinds: {},
  dedup_secs: 120,
  authenticated: true,
};

let home: string;
let db: Db;
let log: EventLog;
let now: number;
let limits: EventLimits;
/** The clients of one test; they all leave before the log stops. */
let clients: AbortController;

const open = (): void => {
  db = new Db(join(home, 'zd.db'), { migrations: zdMigrations, durability: 'full' });
  log = new EventLog(db, { now: () => now, monotonic: () => now }, silent, () => limits);
};
const shut = async (): Promise<void> => {
  clients.abort();
  clients = new AbortController();
  await log.stop();
  db.close();
};
const reopen = async (): Promise<void> => {
  await shut();
  open();
};

beforeEach(() => {
  home = mkdtempSync('/tmp/zd-');
  now = 1_000_000;
  limits = { ...ROOMY };
  clients = new AbortController();
  open();
});
afterEach(async () => {
  await shut();
  rmSync(home, { recursive: true, force: true });
});

const draft = (topic = 'x', data: unknown = null) => ({ kind: 'pub', scope: 'http', topic, source: 'http', data });
const publish = async (topic = 'x', data: unknown = null) => (await log.publish(draft(topic, data))).event;
const publishMany = (count: number) => Promise.all(Array.from({ length: count }, () => publish()));
const stored = () =>
  db.sqlite
    .query<{ seq: number }, []>('SELECT seq FROM event ORDER BY seq')
    .all()
    .map((row) => row.seq);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

const reader = (since: string | null = null, signal = clients.signal, pattern = '*.*') => readerOf(log, since, signal, pattern);

test('numbers have no hole when members of a group fail', async () => {
  const live = reader();
  const boom = () => {
    throw new Error('boom');
  };
  const results = await Promise.allSettled([
    log.publish(draft('a')),
    db.write(boom, 'normal'),
    log.publish(draft('b')),
    db.write(() => {
      log.append(draft('never'));
      boom();
    }, 'normal'),
    log.publish(draft('c')),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(stored()).toEqual([1, 2, 3]);
  expect((await live.take(3)).map((frame) => [frame.data.seq, frame.data.topic])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
});

test('an event whose write was rolled back is never heard, also when the next commit has no event', async () => {
  const live = reader();
  await expect(
    db.write(() => {
      log.append(draft('never'));
      throw new Error('boom');
    }),
  ).rejects.toThrow('boom');
  await db.write(() => 0);
  const event = await publish('real');
  expect(event.seq).toBe(1);
  expect((await live.next())!.data.topic).toBe('real');
  expect(log.figures().published).toBe(1);
});

test('numbers go on after a restart, ids of before are still understood', async () => {
  const [first] = await publishMany(3);
  await reopen();
  const later = await publish('later');
  expect(later.seq).toBe(4);
  expect(later.id.split('-')[0]).not.toBe(first!.id.split('-')[0]);
  const frames = await reader(first!.id).take(3);
  expect(frames.map((frame) => [frame.event, frame.data.seq])).toEqual([
    ['pub', 2],
    ['pub', 3],
    ['pub', 4],
  ]);
  expect(frames[2]!.id).toBe(later.id);
});

test('replay goes over into live without a hole or a double while events come in', async () => {
  const [first] = await publishMany(600);
  const stream = reader(first!.id);
  const frames = stream.take(999);
  for (let round = 0; round < 40; round++) await publishMany(10);
  expect((await frames).map((frame) => frame.data.seq)).toEqual(range(2, 1000));
});

test('an id whose events are trimmed gets a gap that counts them, then all that is left', async () => {
  const [first] = await publishMany(50);
  limits = { ...limits, max_count: 10 };
  await log.trim();
  expect(stored()).toEqual(range(41, 50));
  const frames = await reader(first!.id).take(11);
  expect(frames[0]).toMatchObject({ event: 'gap', data: { requested: first!.id, lost: 39 } });
  expect(frames[0]!.data.oldest).toBe(frames[1]!.id);
  expect(frames[0]!.data.newest).toBe(frames[10]!.id);
  expect(frames.slice(1).map((frame) => frame.data.seq)).toEqual(range(41, 50));
});

test('an id that this log never gave gets a gap, then live', async () => {
  await publish();
  for (const id of ['nonsense', 'zzzzzzzzzz-1', '-', 'a-99999999999999999999', '\0', 'x'.repeat(5000)]) {
    const stream = reader(id);
    const next = await publish('after');
    const frames = await stream.take(2);
    expect(frames[0]).toMatchObject({ event: 'gap', data: { requested: id.slice(0, 200), lost: null } });
    expect(frames[1]!.id).toBe(next.id);
  }
});

test('the position of an empty log outlives a restart', async () => {
  const stream = reader('unknown');
  const { id } = (await stream.next())!;
  await reopen();
  const event = await publish();
  expect((await reader(id).next())!.id).toBe(event.id);
});

test('retention by age and bytes keeps the newest, so its number is never given again', async () => {
  await publishMany(2500);
  now += 10_000_000;
  limits = { ...limits, max_age_secs: 1 };
  await log.trim();
  expect(stored()).toEqual([2500]);
  limits = { ...ROOMY, max_bytes: 5000 };
  for (let at = 0; at < 20; at++) await publish('x', 'y'.repeat(1000));
  await log.trim();
  const { bytes, count } = log.figures();
  expect(bytes).toBeLessThan(5000 + 1100);
  expect(bytes).toBeGreaterThan(3000);
  expect(count).toBe(stored().length);
  await reopen();
  expect((await publish()).seq).toBe(2521);
});

test('the bytes of the log are counted as they are', async () => {
  await publish('a', 'é');
  const one = log.figures().bytes;
  await publish('a', 'é');
  expect(log.figures().bytes).toBe(2 * one);
});

test('a reader that stands still is told what it missed and can get it by the id of that frame', async () => {
  limits = { ...limits, queue_events: 4 };
  const slow = reader();
  for (let at = 0; at < 5; at++) await publish();
  const last = await publish();
  const [lagged, live] = await slow.take(2);
  expect(lagged).toMatchObject({ event: 'lagged', data: { from: 1, to: 5, missed: 5 } });
  expect(live!.id).toBe(last.id);
  expect((await reader(lagged!.id).take(6)).map((frame) => frame.data.seq)).toEqual(range(1, 6));
});

test('stop gives what is queued, then a shutdown frame, then the end; a later stream is refused', async () => {
  const stream = reader();
  const event = await publish();
  const stopped = log.stop('test');
  expect((await stream.next())!.id).toBe(event.id);
  const shutdown = (await stream.next())!;
  expect(shutdown).toMatchObject({ id: event.id, event: 'shutdown', data: { reason: 'test' } });
  expect(shutdown.data.retry_ms).toBeWithin(500, 2501);
  expect(await stream.next()).toBeUndefined();
  await stopped;
  expect(log.subscriptions()).toBe(0);
  expect(() => reader()).toThrow(expect.objectContaining({ code: 'shutting_down' }));
});

test('a stream lets go when its client leaves, started or not', async () => {
  const client = new AbortController();
  const [waiting] = [reader(null, client.signal), reader(null, client.signal)];
  const pending = waiting.next();
  expect(log.subscriptions()).toBe(2);
  client.abort();
  expect(await pending).toBeUndefined();
  expect(log.subscriptions()).toBe(0);
  reader(null, client.signal);
  expect(log.subscriptions()).toBe(0);
  expect((await log.publish(draft())).delivered).toBe(0);
  const returned = reader();
  const started = returned.next();
  await publish();
  await started;
  const quiet = returned.next();
  await returned.frames.return(undefined);
  expect(await quiet).toBeUndefined();
  expect(log.subscriptions()).toBe(0);
});

test('a filter skips what is not asked for, replayed and live', async () => {
  const first = await publish('a');
  for (let at = 0; at < 300; at++) await publish(at % 100 === 0 ? 'b' : 'a');
  const stream = reader(first.id, undefined, 'http.b');
  expect((await stream.take(3)).map((frame) => frame.data.topic)).toEqual(['b', 'b', 'b']);
  const live = stream.next();
  await publish('a');
  const wanted = await publish('b');
  expect((await live)!.id).toBe(wanted.id);
});
