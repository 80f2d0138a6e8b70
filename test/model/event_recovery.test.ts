import { afterEach, beforeEach, expect, test } from 'bun:test';
import { rmSync, writeFileSync } from 'node:fs';
import { EventRig } from '../helper/event_rig';

let rig: EventRig;
beforeEach(() => {
  rig = new EventRig();
});
afterEach(() => rig.remove());

const lose = (where: string) => rig.db.sqlite.run(`DELETE FROM event WHERE ${where}`);

test('the numbers of events that a crash took are not given again, and readers are told', async () => {
  const events = await rig.publishMany(5);
  lose('seq > 2');
  await rig.reopen();
  expect(rig.log.figures().lost).toEqual([{ first: 3, last: 5, foundAt: rig.now }]);
  expect(rig.warnings).toHaveLength(1);
  const before = rig.reader(events[1]!.id);
  expect(await before.next()).toMatchObject({ event: 'gap', data: { requested: events[1]!.id, lost: 3 } });
  const again = await rig.publish('other');
  expect(again.seq).toBe(6);
  expect((await before.next())!.id).toBe(again.id);
  expect(await rig.reader(events[3]!.id).next()).toMatchObject({ event: 'gap', data: { lost: 1 } });
  expect((await rig.reader(events[4]!.id).next())!.id).toBe(again.id);
  await rig.reopen();
  expect(rig.log.figures().lost).toHaveLength(1);
  expect(rig.warnings).toHaveLength(1);
  expect((await rig.publish()).seq).toBe(7);
});

test('a second crash before anything new was published is not a second loss', async () => {
  await rig.publishMany(5);
  lose('seq > 2');
  await rig.reopen();
  await rig.reopen();
  expect(rig.log.figures().lost).toHaveLength(1);
  const [event] = await rig.publishMany(3);
  expect(event!.seq).toBe(6);
  lose('seq > 6');
  await rig.reopen();
  expect(rig.log.figures().lost.map(({ first, last }) => [first, last])).toEqual([
    [3, 5],
    [7, 8],
  ]);
});

test('without the note beside the database, an id of what a crash took is still not mistaken for another event', async () => {
  const events = await rig.publishMany(5);
  lose('seq > 2');
  await rig.shut();
  rmSync(`${rig.path}-events`);
  rig.open();
  const again = await rig.publish('other');
  expect(again.seq).toBe(3);
  expect(again.id).not.toBe(events[2]!.id);
  const frames = await rig.reader(events[4]!.id).take(2);
  expect(frames[0]!.event).toBe('gap');
  expect(frames[1]!.id).toBe(again.id);
});

test.each(['', 'garbage', `${'0'.repeat(10)} 0000000000009999\n`, '\0'.repeat(28), 'x'.repeat(100_000)])(
  'a note that is not of this database is nothing (%#)',
  async (text) => {
    await rig.publishMany(3);
    await rig.shut();
    writeFileSync(`${rig.path}-events`, text);
    rig.open();
    expect(rig.log.figures().lost).toEqual([]);
    expect((await rig.publish()).seq).toBe(4);
  },
);

test('newest events whose data is no JSON any more are dropped and said, wherever they stand', async () => {
  const events = await rig.publishMany(6);
  rig.db.sqlite.run(`UPDATE event SET data = '{"half' WHERE seq IN (3, 6)`);
  await rig.reopen();
  expect(rig.stored()).toEqual([1, 2, 4, 5]);
  expect(rig.log.figures().lost.map(({ first, last }) => [first, last])).toEqual([
    [3, 3],
    [6, 6],
  ]);
  expect(rig.log.figures()).toMatchObject({ count: 4 });
  expect((await rig.publish()).seq).toBe(7);
  const frames = await rig.reader(events[0]!.id).take(5);
  expect(frames[0]).toMatchObject({ event: 'gap', data: { lost: 2 } });
  expect(frames.slice(1).map((frame) => frame.data.seq)).toEqual([2, 4, 5, 7]);
});

test('an event whose write was taken back leaves no trace in numbers or totals', async () => {
  await rig.publish();
  const boom = () =>
    rig.db.write(() => {
      rig.log.append(rig.draft('never'));
      throw new Error('boom');
    });
  await Promise.allSettled([boom(), rig.log.broadcast(rig.draft('live')), rig.publish(), boom()]);
  expect(rig.log.figures()).toMatchObject({ ...rig.counted(), count: 2, lost: [] });
  await rig.reopen();
  expect(rig.log.figures()).toMatchObject({ count: 2, lost: [] });
});
