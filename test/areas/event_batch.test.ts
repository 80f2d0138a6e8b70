import { beforeAll, expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';

let daemon: TestDaemon;
beforeAll(async () => {
  daemon = await startDaemon();
});

const stored = async (topic: string) =>
  (await daemon.call('event_list', { topic, since: 'earliest', limit: 1000 })).body.events as { seq: number; topic: string; data: unknown }[];

test('a batch is stored in its order, without holes, and each event says what became of it', async () => {
  const events = Array.from({ length: 1000 }, (_, n) => ({ topic: 'batch.order', data: n }));
  const { status, body } = await daemon.call('publish_batch', { events });
  expect([status, body.published, body.events.length]).toEqual([200, 1000, 1000]);
  const numbers = body.events.map((each: { seq: number }) => each.seq);
  expect(numbers).toEqual(numbers.map((_: number, n: number) => numbers[0] + n));
  expect((await stored('batch.order')).map((each) => [each.seq, each.data])).toEqual(numbers.map((seq: number, n: number) => [seq, n]));
});

test('repetitions and ephemeral events are what they are alone', async () => {
  const { body } = await daemon.call('publish_batch', {
    events: [
      { topic: 'batch.mixed', id: 'x' },
      { topic: 'batch.mixed', id: 'x' },
      { topic: 'batch.mixed', ephemeral: true },
    ],
  });
  expect(body.events.map((each: { duplicate: boolean; seq: number | null }) => [each.duplicate, each.seq === null])).toEqual([
    [false, false],
    [true, false],
    [false, true],
  ]);
  expect(body.events[1].seq).toBe(body.events[0].seq);
  expect(await stored('batch.mixed')).toHaveLength(1);
});

test('one that is not valid refuses all, with its place', async () => {
  for (const [bad, status, code, path] of [
    [{ topic: 'batch.bad', colour: 1 }, 400, 'bad_args', '/events/1/colour'],
    [{ topic: '' }, 400, 'bad_args', '/events/1/topic'],
    [{ topic: 'batch.bad', ephemeral: true, id: 'x' }, 400, 'bad_args', '/events/1/id'],
    [{ topic: 'batch.bad', scope: 'job:1' }, 403, 'foreign_scope', '/events/1/scope'],
    [{ topic: 'batch.bad', data: 'x'.repeat(256 * 1024) }, 413, 'too_large', '/events/1/data'],
  ] as const) {
    const { status: got, body } = await daemon.call('publish_batch', { events: [{ topic: 'batch.bad' }, bad] });
    expect([got, body.code, body.path]).toEqual([status, code, path]);
  }
  expect(await stored('batch.bad')).toEqual([]);
  for (const events of [[], Array.from({ length: 1001 }, () => ({ topic: 'batch.bad' }))])
    expect((await daemon.call('publish_batch', { events })).body.code).toBe('bad_args');
});
