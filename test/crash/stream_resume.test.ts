import { expect, test } from 'bun:test';
import { startDaemon } from '../helper/daemon';
import { listenTo, publishTo } from '../helper/stream';

test('after kill -9 every acknowledged event is there, numbers go on, and streams resume exactly', async () => {
  const mortal = await startDaemon();
  const before = await Promise.all(Array.from({ length: 50 }, (_, at) => publishTo(mortal, 'before', at)));
  await mortal.kill();
  await mortal.start();
  const after = await publishTo(mortal, 'after', null);
  expect(after.seq).toBe(51);
  const first = before.find((event) => event.seq === 1)!;
  const heard = await (await listenTo(mortal, '', { headers: { 'last-event-id': first.event_id } })).take(50);
  expect(heard.map((frame) => frame.data.seq)).toEqual(Array.from({ length: 50 }, (_, at) => at + 2));
  expect(new Set([...before, after].map((event) => event.event_id)).size).toBe(51);
});

test('a stop tells the streams, and the next daemon continues them', async () => {
  const mortal = await startDaemon();
  const stream = await listenTo(mortal);
  const { event_id } = await publishTo(mortal, 'x', null);
  expect((await stream.next()).id).toBe(event_id);
  const stopped = mortal.stop();
  const goodbye = await stream.next();
  expect(goodbye).toMatchObject({ id: event_id, event: 'shutdown' });
  expect(goodbye.data.retry_ms).toBeGreaterThan(0);
  expect((await stream.events.next()).done).toBe(true);
  expect(await stopped).toBe(0);
  await mortal.start();
  const next = await publishTo(mortal, 'y', null);
  const again = await listenTo(mortal, '', { headers: { 'last-event-id': goodbye.id } });
  expect((await again.next()).id).toBe(next.event_id);
});
