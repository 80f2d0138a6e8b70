import { afterEach, beforeEach, expect, test } from 'bun:test';
import { EventRig, range, ROOMY } from '../helper/event_rig';

let rig: EventRig;
beforeEach(() => {
  rig = new EventRig();
});
afterEach(() => rig.remove());

test('numbers have no hole when members of a group fail', async () => {
  const live = rig.reader();
  const boom = () => {
    throw new Error('boom');
  };
  const results = await Promise.allSettled([
    rig.log.publish(rig.draft('a')),
    rig.db.write(boom, 'normal'),
    rig.log.publish(rig.draft('b')),
    rig.db.write(() => {
      rig.log.append(rig.draft('never'));
      boom();
    }, 'normal'),
    rig.log.publish(rig.draft('c')),
  ]);
  expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected', 'fulfilled']);
  expect(rig.stored()).toEqual([1, 2, 3]);
  expect((await live.take(3)).map((frame) => [frame.data.seq, frame.data.topic])).toEqual([
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
  ]);
});

test('an event whose write was rolled back is never heard, also when the next commit has no event', async () => {
  const live = rig.reader();
  await expect(
    rig.db.write(() => {
      rig.log.append(rig.draft('never'));
      throw new Error('boom');
    }),
  ).rejects.toThrow('boom');
  await rig.db.write(() => 0);
  const event = await rig.publish('real');
  expect(event.seq).toBe(1);
  expect((await live.next())!.data.topic).toBe('real');
  expect(rig.log.figures().published).toBe(1);
});

test('numbers go on after a restart, ids of before are still understood', async () => {
  const [first] = await rig.publishMany(3);
  await rig.reopen();
  const later = await rig.publish('later');
  expect(later.seq).toBe(4);
  expect(later.id.split('-')[0]).not.toBe(first!.id.split('-')[0]);
  const frames = await rig.reader(first!.id).take(3);
  expect(frames.map((frame) => [frame.event, frame.data.seq])).toEqual([
    ['pub', 2],
    ['pub', 3],
    ['pub', 4],
  ]);
  expect(frames[2]!.id).toBe(later.id);
});

test('replay goes over into live without a hole or a double while events come in', async () => {
  const [first] = await rig.publishMany(600);
  const stream = rig.reader(first!.id);
  const frames = stream.take(999);
  for (let round = 0; round < 40; round++) await rig.publishMany(10);
  expect((await frames).map((frame) => frame.data.seq)).toEqual(range(2, 1000));
});

test('an id whose events are trimmed gets a gap that counts them, then all that is left', async () => {
  const [first] = await rig.publishMany(50);
  rig.limits = { ...rig.limits, max_count: 10 };
  await rig.log.trim();
  expect(rig.stored()).toEqual(range(41, 50));
  const frames = await rig.reader(first!.id).take(11);
  expect(frames[0]).toMatchObject({ event: 'gap', data: { requested: first!.id, lost: 39 } });
  expect(frames[0]!.data.oldest).toBe(frames[1]!.id);
  expect(frames[0]!.data.newest).toBe(frames[10]!.id);
  expect(frames.slice(1).map((frame) => frame.data.seq)).toEqual(range(41, 50));
});

test('an id that this log never gave gets a gap, then live', async () => {
  await rig.publish();
  for (const id of ['nonsense', 'zzzzzzzzzz-1', '-', 'a-99999999999999999999', '\0', 'x'.repeat(5000)]) {
    const stream = rig.reader(id);
    const next = await rig.publish('after');
    const frames = await stream.take(2);
    expect(frames[0]).toMatchObject({ event: 'gap', data: { requested: id.slice(0, 200), lost: null } });
    expect(frames[1]!.id).toBe(next.id);
  }
});

test('the position of an empty log outlives a restart', async () => {
  const stream = rig.reader('unknown');
  const { id } = (await stream.next())!;
  await rig.reopen();
  const event = await rig.publish();
  expect((await rig.reader(id).next())!.id).toBe(event.id);
});

test('retention by age and bytes keeps the newest, so its number is never given again', async () => {
  await rig.publishMany(2500);
  rig.now += 10_000_000;
  rig.limits = { ...rig.limits, max_age_secs: 1 };
  await rig.log.trim();
  expect(rig.stored()).toEqual([2500]);
  rig.limits = { ...ROOMY, max_bytes: 5000 };
  for (let at = 0; at < 20; at++) await rig.publish('x', 'y'.repeat(1000));
  await rig.log.trim();
  const { bytes, count } = rig.log.figures();
  expect(bytes).toBeLessThan(5000 + 1100);
  expect(bytes).toBeGreaterThan(3000);
  expect(count).toBe(rig.stored().length);
  await rig.reopen();
  expect((await rig.publish()).seq).toBe(2521);
});

test('the bytes of the log are counted as they are', async () => {
  await rig.publish('a', 'é');
  const one = rig.log.figures().bytes;
  await rig.publish('a', 'é');
  expect(rig.log.figures().bytes).toBe(2 * one);
});

test('a reader that stands still is told what it missed and can get it by the id of that frame', async () => {
  rig.limits = { ...rig.limits, queue_events: 4 };
  const slow = rig.reader();
  for (let at = 0; at < 5; at++) await rig.publish();
  const last = await rig.publish();
  const [lagged, live] = await slow.take(2);
  expect(lagged).toMatchObject({ event: 'lagged', data: { from: 1, to: 5, missed: 5 } });
  expect(live!.id).toBe(last.id);
  expect((await rig.reader(lagged!.id).take(6)).map((frame) => frame.data.seq)).toEqual(range(1, 6));
});

test('stop gives what is queued, then a shutdown frame, then the end; a later stream is refused', async () => {
  const stream = rig.reader();
  const event = await rig.publish();
  const stopped = rig.log.stop('test');
  expect((await stream.next())!.id).toBe(event.id);
  const shutdown = (await stream.next())!;
  expect(shutdown).toMatchObject({ id: event.id, event: 'shutdown', data: { reason: 'test' } });
  expect(shutdown.data.retry_ms).toBeWithin(500, 2501);
  expect(await stream.next()).toBeUndefined();
  await stopped;
  expect(rig.log.subscriptions()).toBe(0);
  expect(() => rig.reader()).toThrow(expect.objectContaining({ code: 'shutting_down' }));
});

test('a stream lets go when its client leaves, started or not', async () => {
  const client = new AbortController();
  const [waiting] = [rig.reader(null, '*.*', client.signal), rig.reader(null, '*.*', client.signal)];
  const pending = waiting.next();
  expect(rig.log.subscriptions()).toBe(2);
  client.abort();
  expect(await pending).toBeUndefined();
  expect(rig.log.subscriptions()).toBe(0);
  rig.reader(null, '*.*', client.signal);
  expect(rig.log.subscriptions()).toBe(0);
  expect((await rig.log.publish(rig.draft())).delivered).toBe(0);
  const returned = rig.reader();
  const started = returned.next();
  await rig.publish();
  await started;
  const quiet = returned.next();
  await returned.frames.return(undefined);
  expect(await quiet).toBeUndefined();
  expect(rig.log.subscriptions()).toBe(0);
});

test('a filter skips what is not asked for, replayed and live', async () => {
  const first = await rig.publish('a');
  for (let at = 0; at < 300; at++) await rig.publish(at % 100 === 0 ? 'b' : 'a');
  const stream = rig.reader(first.id, 'http.b');
  expect((await stream.take(3)).map((frame) => frame.data.topic)).toEqual(['b', 'b', 'b']);
  const live = stream.next();
  await rig.publish('a');
  const wanted = await rig.publish('b');
  expect((await live)!.id).toBe(wanted.id);
});
