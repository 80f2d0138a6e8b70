import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { readEvents, type StreamEvent } from '../../src/kernel/event_stream';

async function read(text: string, cuts: readonly number[] = []): Promise<{ events: StreamEvent[]; retries: number[] }> {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted((a, b) => a - b);
  async function* chunks() {
    let from = 0;
    for (const end of ends) {
      yield bytes.subarray(from, end);
      from = end;
    }
  }
  const retries: number[] = [];
  return { events: await Array.fromAsync(readEvents(chunks(), { onRetry: (ms) => retries.push(ms) })), retries };
}

test('reads what the standard describes', async () => {
  const text =
    '\uFEFFretry: 2000\n: comment\n\nid: 1\nevent: pub\ndata: {"a":1}\n\ndata:one\ndata: two\rdata\r\n\r\nid\ndata: x\n\nevent: nothing\n\nunknown: y\ndata: last, unfinished';
  expect(await read(text)).toEqual({
    retries: [2000],
    events: [
      { id: '1', event: 'pub', data: '{"a":1}' },
      { id: '1', event: 'message', data: 'one\ntwo\n' },
      { id: '', event: 'message', data: 'x' },
    ],
  });
});

test('an id with NUL and a retry that is no number are ignored', async () => {
  expect(await read('id: 1\ndata: a\n\nid: 2\0\nretry: 5x\ndata: b\n\n')).toEqual({
    retries: [],
    events: [
      { id: '1', event: 'message', data: 'a' },
      { id: '1', event: 'message', data: 'b' },
    ],
  });
});

test('the cuts between chunks change nothing, not even inside a character or a line end', async () => {
  const frame = fc.record({
    id: fc.stringMatching(/^[a-z0-9-]{1,8}$/),
    event: fc.stringMatching(/^[a-z]{1,8}$/),
    data: fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
    end: fc.constantFrom('\n', '\r', '\r\n'),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.array(fc.nat(5000)), async (frames, cuts) => {
      // A CR at the very end waits for a possible LF, so a comment closes the stream.
      const text = frames.map(({ id, event, data, end }) => `id: ${id}${end}event: ${event}${end}data: ${data}${end}${end}`).join('') + ':\n';
      const { events } = await read(text, cuts);
      expect(events).toEqual(frames.map(({ id, event, data }) => ({ id, event, data })));
    }),
  );
});
