import type { Bench } from './context';
import { micros } from './report';
import { median, quantile } from './statistics';

const SECTION = 'Publish to receive on an idle daemon, over the socket';
/** Publishes of one round; between two the daemon has nothing to do. */
const PUBLISHES = 400;
const PAUSE_MS = 1;

/** From the first byte of a publish to its frame at another connection, one at a time. */
export async function publishLatency(bench: Bench): Promise<void> {
  const socket = bench.zd.unix.unix;
  const p50: number[] = [];
  const p99: number[] = [];
  for (let round = 0; round < bench.rounds; round++) {
    const samples = (await once(socket)).sort();
    p50.push(quantile(samples, 0.5));
    p99.push(quantile(samples, 0.99));
  }
  bench.found.rows.push({
    section: SECTION,
    name: 'publish → frame',
    value: micros(median(p50)),
    number: median(p50),
    detail: `p99 ${micros(median(p99))}`,
  });
  bench.found.bars.push({ name: 'publish to receive, p50', measured: median(p50) / 1000, limit: 0.5, sense: 'at most', unit: ' ms' });
  bench.found.bars.push({ name: 'publish to receive, p99', measured: median(p99) / 1000, limit: 3, sense: 'at most', unit: ' ms' });
}

/** Microseconds per publish. */
async function once(socket: string): Promise<Float64Array> {
  const topic = `bench.latency.${Bun.randomUUIDv7()}`;
  let heard = Promise.withResolvers<void>();
  let got = '';
  const reader = await Bun.connect({
    unix: socket,
    socket: {
      data(_, chunk) {
        got += chunk.toString('latin1');
        if (!got.includes(': zd') && !got.includes('event: pub')) return;
        // The opening comment tells that the stream is subscribed; each frame after it that its publish arrived.
        if (got.endsWith('\n\n') || got.endsWith('\n\n\r\n')) {
          got = '';
          heard.resolve();
        }
      },
    },
  });
  reader.write(`GET /stream/events?channel=*.${topic} HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await heard.promise;
  const writer = await Bun.connect({ unix: socket, socket: { data() {} } });
  const samples = new Float64Array(PUBLISHES);
  for (let at = 0; at < PUBLISHES; at++) {
    heard = Promise.withResolvers<void>();
    const body = JSON.stringify({ topic, data: { n: at } });
    const message = `POST /op/publish HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const sent = performance.now();
    writer.write(message);
    await heard.promise;
    samples[at] = (performance.now() - sent) * 1000;
    await Bun.sleep(PAUSE_MS);
  }
  reader.end();
  writer.end();
  return samples;
}
