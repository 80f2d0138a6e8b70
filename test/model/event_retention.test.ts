import { afterEach, beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import { parseFilter } from '../../src/areas/event/filter';
import { EventRig, range } from '../helper/event_rig';

let rig: EventRig;
beforeEach(() => {
  rig = new EventRig();
});
afterEach(() => rig.remove());

const alternate = async (count: number) => {
  for (let at = 0; at < count; at++) await rig.publish('x', null, { kind: at % 2 === 0 ? 'pub' : 'fs' });
};

test('a kind with bounds of its own is trimmed among the others, and a reader is told how much is missing', async () => {
  await alternate(20);
  rig.limits = { ...rig.limits, kinds: { fs: { max_count: 3 } } };
  await rig.log.trim();
  expect(rig.stored()).toEqual([1, 3, 5, 7, 9, 11, 13, 15, 16, 17, 18, 19, 20]);
  expect(rig.log.figures().kinds).toMatchObject({ pub: { count: 10 }, fs: { count: 3 } });
  const frames = await rig.reader({ kind: 'seq', seq: 1, text: '1' }).take(13);
  expect(frames[0]).toMatchObject({ event: 'gap', data: { lost: 7 } });
  expect(frames.slice(1).map((frame) => frame.data.seq)).toEqual(rig.stored().slice(1));
});

test('what is missing of other kinds is no gap for a stream of one kind', async () => {
  await alternate(20);
  rig.limits = { ...rig.limits, kinds: { fs: { max_count: 3 } } };
  await rig.log.trim();
  const filter = parseFilter(['*.*']);
  if (typeof filter === 'string') throw new Error(filter);
  const ofKind = (kind: string) => ({
    ...filter,
    key: kind,
    kinds: [kind],
    match: (event: any) => (event.kind === kind ? filter.match(event) : null),
  });
  const first = async (kind: string) => {
    const frames = rig.log.follow(ofKind(kind), { kind: 'seq', seq: 1, text: '1' }, new AbortController().signal);
    const { value } = await frames.next();
    await frames.return(undefined);
    return value as { event?: string; count?: number };
  };
  expect((await first('pub')).count).toBe(9);
  expect((await first('fs')).event).toBe('gap');
});

test('a kind is bounded by bytes and age too, and the newest event stays', async () => {
  await alternate(10);
  rig.now += 100_000;
  await alternate(10);
  rig.limits = { ...rig.limits, kinds: { fs: { max_age_secs: 50 } } };
  await rig.log.trim();
  expect(rig.log.figures().kinds).toMatchObject({ pub: { count: 10 }, fs: { count: 5 } });
  rig.limits = { ...rig.limits, kinds: { fs: { max_bytes: 1 }, pub: { max_bytes: 1 } } };
  await rig.log.trim();
  expect(rig.stored()).toEqual([20]);
  expect((await rig.publish()).seq).toBe(21);
});

test('while nothing is due, retention opens no transaction', async () => {
  rig.limits = { ...rig.limits, max_count: 25, kinds: { fs: { max_count: 5 }, job: { max_age_secs: 60 } } };
  await alternate(30);
  await rig.log.publish(rig.draft('named'), { publisher: 'me', key: 'a' });
  await rig.publish('short', null, { ttlMs: 1000 });
  await rig.log.trim();
  let commits = 0;
  rig.db.onCommit(() => commits++);
  for (let round = 0; round < 5; round++) await rig.log.trim();
  expect(commits).toBe(0);
  rig.now += 1000;
  await rig.log.trim();
  expect(commits).toBe(1);
  rig.now += 200_000;
  await rig.log.trim();
  expect(commits).toBe(2);
});

test('a flood of one bounded kind does not push the others out', async () => {
  rig.limits = { ...rig.limits, max_count: 200, kinds: { fs: { max_count: 50 } } };
  const [kept] = await rig.publishMany(20);
  for (let round = 0; round < 10; round++) {
    await rig.publishMany(100, { kind: 'fs' });
    await rig.log.trim();
  }
  expect(rig.stored().slice(0, 20)).toEqual(range(1, 20));
  expect(rig.log.figures()).toMatchObject({ count: 70, oldest: { id: kept!.id } });
});

test('an expired event is neither replayed nor listed, leaves no gap, and its content is gone', async () => {
  const first = await rig.publish('first');
  await rig.publish('secret', 'token', { ttlMs: 5000 });
  const last = await rig.publish('last', null, { ttlMs: 1_000_000 });
  expect((await rig.reader(first.id).take(2)).map((frame) => frame.data.topic)).toEqual(['secret', 'last']);
  rig.now += 5000;
  expect((await rig.reader(first.id).next())!.id).toBe(last.id);
  await rig.log.trim();
  expect((await rig.reader(first.id).next())!.id).toBe(last.id);
  expect(rig.stored()).toEqual([1, 2, 3]);
  expect(rig.db.sqlite.query("SELECT count(*) AS n FROM event WHERE data LIKE '%token%' OR topic = 'secret'").get()).toEqual({ n: 0 });
  expect(rig.log.figures()).toMatchObject({ ...rig.counted(), count: 2 });
  expect((await rig.publish()).seq).toBe(4);
});

test('an expired newest event keeps its number', async () => {
  const { id } = await rig.publish('short', null, { ttlMs: 1 });
  rig.now += 10;
  await rig.log.trim();
  await rig.reopen();
  expect(rig.log.figures().lost).toEqual([]);
  const next = await rig.publish();
  expect(next.seq).toBe(2);
  expect((await rig.reader(id).next())!.id).toBe(next.id);
});

test('compaction of the file changes neither ids nor gaps', async () => {
  const [first] = await rig.publishMany(100);
  rig.limits = { ...rig.limits, max_count: 10 };
  await rig.log.trim();
  rig.db.sqlite.run('VACUUM');
  await rig.reopen();
  expect(await rig.reader(first!.id).next()).toMatchObject({ event: 'gap', data: { requested: first!.id, lost: 89 } });
  expect((await rig.publish()).seq).toBe(101);
});

test('whatever happens, totals are what is there and nothing is missing that retention did not take', async () => {
  const step = fc.oneof(
    fc.record({ publish: fc.constantFrom('pub', 'fs', 'job'), ttl: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }) }),
    fc.record({ trim: fc.integer({ min: 1, max: 12 }), fs: fc.integer({ min: 1, max: 5 }) }),
    fc.record({ wait: fc.integer({ min: 1, max: 10 }) }),
    fc.constant('restart' as const),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const each = new EventRig();
      const expected: { kind: string; seq: number; expires: number }[] = [];
      for (const one of steps) {
        if (one === 'restart') await each.reopen();
        else if ('publish' in one) {
          const { seq } = await each.publish('x', null, { kind: one.publish, ttlMs: one.ttl });
          expected.push({ kind: one.publish, seq, expires: one.ttl === undefined ? Infinity : each.now + one.ttl });
        } else if ('trim' in one) {
          each.limits = { ...each.limits, max_count: one.trim, kinds: { fs: { max_count: one.fs } } };
          await each.log.trim();
          const { count, kinds } = each.log.figures();
          expect(count).toBeLessThanOrEqual(one.trim);
          expect(kinds.fs?.count ?? 0).toBeLessThanOrEqual(Math.max(one.fs, 1));
        } else each.now += one.wait;
      }
      expect(expected.map(({ seq }) => seq)).toEqual(range(1, expected.length));
      expect(each.log.figures()).toMatchObject(each.counted());
      if (expected.length > 0) {
        const last = await each.publish('end');
        const reader = each.reader({ kind: 'seq', seq: 0, text: '0' });
        let lost = 0;
        const heard: number[] = [];
        for (;;) {
          const frame = (await reader.next())!;
          if (frame.event === 'gap') lost += frame.data.lost;
          else if (frame.id === last.id) break;
          else heard.push(frame.data.seq);
        }
        const rows = each.stored();
        expect(lost).toBe(last.seq - rows.length);
        expect(heard).toEqual(expected.filter(({ seq, expires }) => rows.includes(seq) && expires > each.now).map(({ seq }) => seq));
      }
      await each.remove();
    }),
    { numRuns: 40 },
  );
});
