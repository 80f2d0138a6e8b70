import { afterEach, beforeEach, expect, test } from 'bun:test';
import fc from 'fast-check';
import { EventRig } from '../helper/event_rig';

let rig: EventRig;
beforeEach(() => {
  rig = new EventRig();
});
afterEach(() => rig.remove());

test('a reader that was away for long is told what is lost and gets all the rest, though its id is forgotten', async () => {
  const { id } = await rig.publish('a');
  await rig.log.cursors.commit('me', 'slow', id, false);
  for (let start = 0; start < 3; start++) {
    await rig.reopen();
    await rig.publishMany(10);
  }
  rig.limits = { ...rig.limits, max_count: 5 };
  await rig.log.trim();
  await rig.reopen();
  expect(await rig.log.cursors.commit('me', 'other', id, false)).toBeNull();
  const held = rig.log.cursors.find('me', 'slow')!;
  const frames = await rig.reader(rig.log.cursors.since(held)).take(6);
  expect(frames[0]).toMatchObject({ event: 'gap', data: { lost: 25 } });
  expect(frames.slice(1).map(({ data }) => data.seq)).toEqual([27, 28, 29, 30, 31]);
});

test('whatever readers and restarts do, each reader gets everything behind what it acknowledged', async () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant('publish' as const) },
    { weight: 3, arbitrary: fc.record({ reader: fc.constantFrom('a', 'b'), take: fc.integer({ min: 1, max: 4 }), acknowledge: fc.boolean() }) },
    { weight: 1, arbitrary: fc.constant('restart' as const) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
      const each = new EventRig();
      const done: Record<string, number> = { a: 0, b: 0 };
      const begun = new Set<string>();
      let newest = 0;
      for (const one of steps) {
        if (one === 'publish') newest = (await each.publish()).seq;
        else if (one === 'restart') await each.reopen();
        else {
          const { reader, take, acknowledge } = one;
          if (!begun.has(reader)) {
            done[reader] = newest;
            begun.add(reader);
            await each.log.cursors.begin('me', reader, each.log.figures().newest?.id ?? '');
          }
          const held = each.log.cursors.find('me', reader)!;
          const frames = await each.reader(each.log.cursors.since(held)).take(Math.min(take, newest - done[reader]!));
          expect(frames.map(({ data }) => data.seq)).toEqual(frames.map((_, at) => done[reader]! + 1 + at));
          const last = frames.at(-1);
          if (!acknowledge || !last) continue;
          expect((await each.log.cursors.commit('me', reader, last.id, false))!.moved).toBe(true);
          done[reader] = last.data.seq;
        }
      }
      await each.remove();
    }),
    { numRuns: 40 },
  );
});
