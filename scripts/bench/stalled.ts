import type { Socket } from 'bun';
import type { Bench } from './context';
import { httpRequest } from './requests';
import { micros, times } from './report';
import { startZd } from './servers';
import { interleaved, median, quantile } from './statistics';

const SECTION = 'One reader that stands still among 500: publish → frame at the 499 others';
const READERS = 499;
const PUBLISHES = 150;
const DATA = 'd'.repeat(8 * 1024);
/** A queue so short that it overflows early in a round. */
const QUEUE = 'queue_events = 20\n';

interface State {
  /** The end of what has come of a frame. */
  tail: string;
}

/** The next event is published when all have the one before, with and without the one that reads nothing, in turn. */
export async function stalledReader(bench: Bench): Promise<void> {
  await using zd = await startZd(bench.binary, QUEUE);
  const { unix } = zd.unix;
  const rounds = await interleaved(bench.rounds, { without: () => once(unix, false), with: () => once(unix, true) });
  const { missed } = (await (await fetch('http://zd/op/event_stats', { unix })).json()) as { missed: number };
  if (missed === 0) throw new Error('the reader that stands still was never behind');
  const p99 = (samples: readonly Float64Array[]) => median(samples.map((each) => quantile(each, 0.99)));
  const row = (name: string, samples: readonly Float64Array[], detail = '') => {
    const value = p99(samples);
    bench.found.rows.push({ section: SECTION, name: `p99 ${name}`, value: micros(value), number: value, detail });
  };
  const ratio = p99(rounds.with!) / p99(rounds.without!);
  row('without', rounds.without!);
  row('with one that stands still', rounds.with!, times(ratio));
  bench.found.bars.push({ name: "the others' p99 with a reader that stands still", measured: ratio, limit: 1.25, sense: 'at most', unit: '×' });
}

/** Microseconds per frame and reader, sorted. */
async function once(unix: string, stalled: boolean): Promise<Float64Array> {
  const topic = `bench.stalled.${Bun.randomUUIDv7()}`;
  const request = `GET /stream/events?channel=*.${topic} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
  const still = stalled ? await Bun.connect({ unix, socket: { open: (socket) => void socket.pause(), data() {} } }) : null;
  still?.write(request);
  let waiting = READERS;
  let all = Promise.withResolvers<void>();
  let started = 0;
  let taken = 0;
  const samples = new Float64Array(READERS * PUBLISHES);
  const data = (socket: Socket<State>, chunk: Buffer) => {
    const { data: state } = socket;
    const text = state.tail + chunk.toString('latin1');
    // The frame ends with an empty line; what is behind the last one is kept only as far as an end could begin in it.
    const ended = text.includes('}\n\n') || text.includes(': zd\n\n');
    state.tail = ended ? '' : text.slice(-8);
    if (!ended) return;
    if (started > 0) samples[taken++] = (performance.now() - started) * 1000;
    if (--waiting === 0) all.resolve();
  };
  const readers: Socket<State>[] = [];
  for (let at = 0; at < READERS; at++) {
    const reader = await Bun.connect<State>({ unix, data: { tail: '' }, socket: { data } });
    readers.push(reader);
    reader.write(request);
  }
  await all.promise;
  const writer = await Bun.connect({ unix, socket: { data() {} } });
  for (let at = 0; at < PUBLISHES; at++) {
    waiting = READERS;
    all = Promise.withResolvers();
    started = performance.now();
    writer.write(httpRequest('publish', { topic, data: DATA }, null));
    await all.promise;
  }
  for (const socket of [...readers, writer, still]) socket?.terminate();
  return samples.sort();
}
