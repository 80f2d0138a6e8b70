import { expect, test } from 'bun:test';
import { startDaemon, type TestDaemon } from '../helper/daemon';
import { publishTo } from '../helper/stream';
import { until } from '../helper/until';

const WAVE = 250;
const WAVES = 20;
const PATHS = ['/stream/events', '/stream/events?managed=true', '/stream/events?limit=9', '/api/events', '/stream/definitions'];

/** A stream as bare bytes, open when its first ones are there; `fetch` would open only some hundred at once. */
async function open(daemon: TestDaemon, path: string) {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: daemon.socket,
    socket: {
      open: (each) => void each.write(`GET ${path} HTTP/1.1\r\nHost: zd\r\n\r\n`),
      data: (_, chunk) => (chunk.toString().includes('retry: ') ? resolve() : undefined),
      error: (_, error) => reject(error),
    },
  });
  await promise;
  return socket;
}

async function gauge(daemon: TestDaemon, name: string): Promise<number> {
  const text = await (await daemon.fetch('/metrics')).text();
  return Number(new RegExp(`^${name} ([\\d.e-]+)$`, 'm').exec(text)![1]);
}
const files = (daemon: TestDaemon) => gauge(daemon, 'process_open_fds');
const memory = (daemon: TestDaemon) => gauge(daemon, 'process_resident_memory_bytes');

/** A reader that tells when a frame has come; it keeps the text only when asked to. */
async function reading(daemon: TestDaemon, keep = false) {
  const pieces: string[] = [];
  let open = false;
  let wake: (() => void) | null = null;
  const ready = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: daemon.socket,
    socket: {
      open: (each) => void each.write('GET /stream/events HTTP/1.1\r\nHost: zd\r\n\r\n'),
      data(_, chunk) {
        const piece = chunk.toString('latin1');
        if (keep) pieces.push(piece);
        open ||= piece.includes('retry: ');
        if (open) ready.resolve();
        if (piece.includes('}\n\n')) wake?.();
      },
    },
  });
  await ready.promise;
  const next = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  return { socket, next, text: () => pieces.join('') };
}

/** Opens a wave of streams of every kind, publishes to them and cuts them off, half of them without a word. */
async function wave(daemon: TestDaemon): Promise<void> {
  const sockets = await Promise.all(Array.from({ length: WAVE }, (_, at) => open(daemon, PATHS[at % PATHS.length]!)));
  const { delivered_to } = await publishTo(daemon, 'wave', 'x'.repeat(1000));
  expect(delivered_to).toBe((WAVE / PATHS.length) * 4);
  sockets.forEach((socket, at) => (at % 2 === 0 ? socket.end() : socket.terminate()));
  await until('the wave is gone', async () => (await daemon.call('event_stats')).body.streams === 0);
}

test('five thousand streams that were opened and dropped leave nothing behind', async () => {
  const daemon = await startDaemon();
  // What the process keeps for its next streams, it has now.
  for (let at = 0; at < WAVES / 2; at++) await wave(daemon);
  const before = { files: await files(daemon), memory: await memory(daemon) };
  for (let at = 0; at < WAVES; at++) await wave(daemon);
  const { body } = await daemon.call('event_stats');
  expect([body.streams, body.filters]).toEqual([0, 0]);
  expect((await daemon.call('subscribe', { list: true })).body.subscriptions).toEqual([]);
  await until('the files are closed', async () => (await files(daemon)) <= before.files + 2);
  expect(await gauge(daemon, 'zd_streams_active')).toBe(0);
  // Five kilobytes for each of them are less than what an open stream holds, and more than the heap breathes.
  const bound = before.memory + WAVE * WAVES * 5 * 1024;
  await until('the memory is back', async () => (await memory(daemon)) < bound);
});

test('a reader that stands still does not slow down the others, and resumes without loss', async () => {
  const daemon = await startDaemon({ env: { ZD_LIMITS_QUEUE_EVENTS: '50' } });
  const readers = await Promise.all(Array.from({ length: 100 }, () => reading(daemon)));
  const round = async () => {
    const heard = readers.map((reader) => reader.next());
    await publishTo(daemon, 'round', payload);
    await Promise.all(heard);
  };
  /** Seconds of processor time; a round in which anybody waits for who stands still would not end. */
  const rounds = async () => {
    const spent = () => gauge(daemon, 'process_cpu_seconds_total');
    const before = await spent();
    for (let at = 0; at < 40; at++) await round();
    return (await spent()) - before;
  };
  const payload = 'x'.repeat(20_000);
  await rounds();
  const alone = await rounds();
  const still = await reading(daemon, true);
  still.socket.pause();
  for (let missed = 0; missed === 0; missed = (await daemon.call('event_stats')).body.missed) await round();
  const beside = await rounds();
  expect(beside / alone).toBeLessThan(3);
  still.socket.resume();
  await until('it is told', () => still.text().includes('event: lagged'));
  const seqs = [...still.text().matchAll(/^id: \w+-(\d+)\nevent: (\w+)/gm)].map((match) => [Number(match[1]), match[2]] as const);
  const told = seqs.findIndex(([, event]) => event === 'lagged');
  // Everything up to the first lag was whole, and the id of the lag is the position to resume behind.
  expect(seqs[told]![0]).toBe(seqs[told - 1]![0]);
  expect(seqs.slice(0, told).map(([seq]) => seq)).toEqual(Array.from({ length: told }, (_, at) => seqs[0]![0] + at));
  for (const reader of [...readers, still]) reader.socket.terminate();
});
