import { load } from './clients';
import type { Bench } from './context';
import { perSecond } from './report';
import { BATCH } from './requests';
import { startZd } from './servers';

const SECTION = 'Stored events from 8 connections for a minute, retention trimming all the while';
const CONNECTIONS = 8;
const MINUTE_MS = 60_000;
/** Kept so low that the log is trimmed from the first second on. */
const KEPT = 100_000;
const WINDOW_MS = 5000;

/** Every window of the minute has to hold the rate, and the log its bound. */
export async function sustain(bench: Bench): Promise<void> {
  await using zd = await startZd(bench.binary, `[events]\nmax_count = ${KEPT}\n`);
  const stats = async () => {
    const reply = await fetch('http://zd/op/event_stats', { unix: zd.unix.unix });
    const { published, events } = (await reply.json()) as { published: number; events: number };
    return { published, events, at: performance.now() };
  };
  const run = (millis: number) =>
    load({ target: zd.unix, protocol: 'http', kind: 'publishes', connections: CONNECTIONS, millis, warmupMillis: 0, token: null });
  await run(3000);
  const running = run(MINUTE_MS);
  let over = false;
  void running.finally(() => (over = true)).catch(() => {});
  const rates: number[] = [];
  let most = 0;
  let before: Awaited<ReturnType<typeof stats>> | null = null;
  while (!over) {
    await Bun.sleep(before ? WINDOW_MS : 500);
    const now = await stats();
    most = Math.max(most, now.events);
    // The last window may reach beyond the end of the load.
    if (before && !over) rates.push(((now.published - before.published) / (now.at - before.at)) * 1000);
    before = now;
  }
  const { perSecond: batches, p99 } = await running;
  const worst = Math.min(...rates);
  bench.found.rows.push({
    section: SECTION,
    name: `publish_batch of ${BATCH}`,
    value: perSecond(batches * BATCH),
    number: batches * BATCH,
    detail: `slowest ${WINDOW_MS / 1000} s ${perSecond(worst)}, p99 of a batch ${(p99 / 1000).toFixed(1)} ms, at most ${most.toLocaleString('en-US')} events in a log of ${KEPT.toLocaleString('en-US')}`,
  });
  bench.found.bars.push({ name: 'stored events per second, slowest of a minute', measured: worst, limit: 40_000, sense: 'at least', unit: '/s' });
  bench.found.bars.push({ name: 'the log over its bound while that goes on', measured: most / KEPT, limit: 2, sense: 'at most', unit: '×' });
}
