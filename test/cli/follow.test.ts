import { expect, test } from 'bun:test';
import type { Client, StreamOptions } from '../../src/client/client';
import type { StreamEvent } from '../../src/kernel/event_stream';
import { follow } from '../../src/client/follow';
import { END_ID } from '../../src/kernel/stream';

/** A client whose streams bring these events in turn; notes what each was asked for. */
function streams(...turns: readonly StreamEvent[][]) {
  const asked: (string | undefined)[] = [];
  const client = {
    async *stream(_: string, __: object, { lastEventId, onRetry, onStart }: StreamOptions) {
      asked.push(lastEventId);
      onStart?.('start');
      onRetry?.(1000);
      yield* turns[asked.length - 1] ?? [];
    },
  } as unknown as Client;
  return { client, asked };
}
const pub = (id: string): StreamEvent => ({ id, event: 'pub', data: '{}' });
const lagged: StreamEvent = { id: '1', event: 'lagged', data: '{"from":2,"to":5,"missed":4}' };
const end: StreamEvent = { id: END_ID, event: 'end', data: '{}' };

test('a reader that fell behind goes on from there at once, and is told of no break', async () => {
  const { client, asked } = streams([pub('1'), lagged, pub('6')], [pub('2'), pub('3'), end]);
  let breaks = 0;
  const heard = await Array.fromAsync(follow(client, '/stream/events', {}, { onBreak: () => breaks++ }));
  expect(heard.map(({ id }) => id)).toEqual(['1', '2', '3', END_ID]);
  expect([asked, breaks]).toEqual([[undefined, '1'], 0]);
});

test('a stream that would begin anew is not left, and says that it lagged', async () => {
  for (const query of [{ limit: 3 }, { managed: true }]) {
    const { client, asked } = streams([pub('1'), lagged, pub('6'), end]);
    const heard = await Array.fromAsync(follow(client, '/stream/events', query, {}));
    expect(heard.map(({ event }) => event)).toEqual(['pub', 'lagged', 'pub', 'end']);
    expect(asked).toEqual([undefined]);
  }
});

test('a break before the first event is resumed from where the stream began', async () => {
  const { client, asked } = streams([], [pub('1'), end]);
  await Array.fromAsync(follow(client, '/stream/events', {}, {}));
  expect(asked).toEqual([undefined, 'start']);
});
