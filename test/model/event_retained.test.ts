import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { EventRig } from '../helper/event_rig';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ topic: fc.constantFrom('a', 'b', 'c', 'd'), retain: fc.boolean(), data: fc.option(fc.nat(9)) }) },
  { weight: 2, arbitrary: fc.record({ keep: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
  { weight: 3, arbitrary: fc.constant('read' as const) },
);

test('whatever happens, a reader begins with exactly the latest of each topic, then hears what comes, and resumes by any id', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const rig = new EventRig();
      const latest = new Map<string, { seq: number; data: number }>();
      try {
        for (const one of steps) {
          if (one === 'restart') await rig.reopen();
          else if (one === 'read') {
            const expected = [...latest].map(([topic, { seq, data }]) => ({ topic, seq, data })).toSorted((a, b) => a.seq - b.seq);
            const reader = rig.sticky('start');
            const live = await rig.publish('live', null);
            const frames = await reader.take(expected.length + 1);
            expect(frames.slice(0, -1).map(({ data: { topic, seq, data } }) => ({ topic, seq, data }))).toEqual(expected);
            expect(frames.at(-1)!.id).toBe(live.id);
            for (const { id } of frames.slice(0, -1)) expect((await rig.reader(id).next())!.id).toBe(live.id);
          } else if ('keep' in one) {
            rig.limits = { ...rig.limits, max_count: one.keep };
            await rig.log.trim();
          } else {
            const { topic, data, retain } = one;
            const { seq } = await rig.publish(topic, data, { retain });
            if (!retain) continue;
            if (data === null) latest.delete(topic);
            else latest.set(topic, { seq, data });
          }
        }
      } finally {
        await rig.remove();
      }
    }),
    { numRuns: 40 },
  );
});

test('behind a gap come the retained events that were lost in it, and no other', async () => {
  const rig = new EventRig();
  const first = await rig.publish('before', 1, { retain: true });
  await rig.publish('lost', 2, { retain: true });
  await rig.publishMany(10);
  await rig.publish('kept', 3, { retain: true });
  rig.limits = { ...rig.limits, max_count: 3 };
  await rig.log.trim();
  const frames = await rig.sticky('gap', first.id).take(5);
  expect(frames.map(({ event, data }) => (event === 'gap' ? 'gap' : [data.topic, data.retained]))).toEqual([
    'gap',
    ['lost', true],
    ['x', undefined],
    ['x', undefined],
    ['kept', undefined],
  ]);
  await rig.remove();
});

test('a write that is taken back leaves what was retained before', async () => {
  const rig = new EventRig();
  await rig.publish('state', 'old', { retain: true });
  const boom = rig.db.write(() => {
    rig.log.append(rig.draft('state', 'never', { retain: true }));
    throw new Error('boom');
  });
  await expect(boom).rejects.toThrow('boom');
  expect((await rig.sticky('start').next())!.data).toMatchObject({ data: 'old', retained: true });
  await rig.remove();
});
