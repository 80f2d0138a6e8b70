import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { Batch } from '../../src/areas/event/batch';
import { parseFilter } from '../../src/areas/event/filter';
import { Hub, type Outgoing } from '../../src/areas/event/hub';

const filterOf = (...patterns: string[]) => {
  const filter = parseFilter(patterns);
  if (typeof filter === 'string') throw new Error(filter);
  return filter;
};

const outgoing = (seq: number, topic = 'x'): Outgoing => ({
  event: { seq, id: `e-${seq}`, ts: seq, kind: 'pub', scope: 'http', topic, source: 'http', visibility: 'public', data: `{"n":${seq}}` },
  delivered: 0,
});

const hubOf = (queue_events: number, queue_bytes = 1e9) => new Hub(() => ({ queue_events, queue_bytes }));

test('subscribers with the same filter get the same bytes, and each is counted', () => {
  const hub = hubOf(100);
  const [a, b, c] = [hub.subscribe(filterOf('*.x')), hub.subscribe(filterOf('*.x')), hub.subscribe(filterOf('*.y'))];
  const items = [outgoing(1, 'x'), outgoing(2, 'y')];
  hub.deliver(items);
  const [fromA, fromB, fromC] = [a.take(), b.take(), c.take()];
  expect(fromA).toBeInstanceOf(Batch);
  expect(fromA).toBe(fromB!);
  expect((fromA as Batch).sse()).toBe((fromB as Batch).sse());
  expect((fromC as Batch).first).toBe(2);
  expect(items.map((item) => item.delivered)).toEqual([2, 1]);
  expect(hub.size).toBe(2);
  for (const each of [a, b, c]) each.release();
  expect(hub.size).toBe(0);
});

test('both formats hold the same frames, one line each, the stored JSON untouched', () => {
  const batch = new Batch([{ ...outgoing(7, 'a"b').event, data: '{"big":12345678901234567890,"text":"line\\nbreak"}' }], ['["*.*"]']);
  const text = new TextDecoder();
  const sse = text.decode(batch.sse());
  const [id, event, data, ...end] = sse.split('\n');
  expect([id, event, end]).toEqual(['id: e-7', 'event: pub', ['', '']]);
  expect(data).toContain('"data":{"big":12345678901234567890,"text":"line\\nbreak"}');
  expect(JSON.parse(data!.slice('data: '.length))).toMatchObject({
    subscription_id: null,
    scope: 'http',
    topic: 'a"b',
    seq: 7,
    ts_ns: 7_000_000,
    source: 'http',
    matched: ['*.*'],
  });
  const line = text.decode(batch.ndjson());
  expect(line.indexOf('\n')).toBe(line.length - 1);
  expect(JSON.parse(line)).toEqual({ id: 'e-7', event: 'pub', data: JSON.parse(data!.slice('data: '.length)) });
});

test('a full queue is dropped, said with its range, and live goes on', () => {
  const hub = hubOf(3);
  const slow = hub.subscribe(filterOf('*.*'));
  const items = [1, 2, 3, 4, 5, 6].map((seq) => outgoing(seq));
  for (const item of items) hub.deliver([item]);
  expect(items.map((item) => item.delivered)).toEqual([1, 1, 1, 0, 1, 1]);
  expect(slow.take()).toEqual({ from: 1, to: 4, missed: 4 });
  expect((slow.take() as Batch).first).toBe(5);
  expect((slow.take() as Batch).first).toBe(6);
  expect(slow.take()).toBeUndefined();
  expect(hub.counters).toEqual({ delivered: 5, lagged: 1, missed: 4, replayed: 0 });
});

test('bytes bound the queue too, but one batch over the bound still comes through', () => {
  const hub = hubOf(1000, 1000);
  const slow = hub.subscribe(filterOf('*.*'));
  const large = (seq: number): Outgoing => ({ event: { ...outgoing(seq).event, data: `"${'x'.repeat(5000)}"` }, delivered: 0 });
  hub.deliver([large(1)]);
  expect((slow.take() as Batch).last).toBe(1);
  hub.deliver([large(2)]);
  hub.deliver([large(3)]);
  expect(slow.take()).toEqual({ from: 2, to: 3, missed: 2 });
});

test('whatever the interleaving, a subscriber gets every event in order or is told exactly which it missed', () => {
  const step = fc.oneof(fc.record({ publish: fc.integer({ min: 1, max: 5 }) }), fc.constant('take' as const));
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 8 }), (steps, bound) => {
      const hub = hubOf(bound);
      const subscriber = hub.subscribe(filterOf('*.*'));
      let published = 0;
      let heard = 0;
      const take = (): boolean => {
        const item = subscriber.take();
        if (item instanceof Batch) {
          expect(item.first).toBe(heard + 1);
          heard = item.last;
        } else if (item) {
          expect([item.from, item.to - item.from + 1]).toEqual([heard + 1, item.missed]);
          heard = item.to;
        }
        return item !== undefined;
      };
      for (const each of steps) {
        if (each === 'take') take();
        else hub.deliver(Array.from({ length: each.publish }, () => outgoing(++published)));
      }
      while (take());
      expect(heard).toBe(published);
    }),
  );
});

test('missing only live-only events, a reader that resumes gets nothing twice', () => {
  const hub = hubOf(2);
  const slow = hub.subscribe(filterOf('*.*'));
  const live = (after: number): Outgoing => ({ event: { ...outgoing(after).event, ephemeral: true }, delivered: 0 });
  hub.deliver([outgoing(5)]);
  expect((slow.take() as Batch).last).toBe(5);
  for (let at = 0; at < 3; at++) hub.deliver([live(5)]);
  expect(slow.take()).toEqual({ from: 6, to: 5, missed: 3 });
  hub.deliver([live(5)]);
  hub.deliver([outgoing(6)]);
  hub.deliver([live(6)]);
  expect(slow.take()).toEqual({ from: 6, to: 6, missed: 3 });
});
