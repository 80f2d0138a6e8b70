import { load } from './clients';
import type { Bench } from './context';
import { perSecond } from './report';
import { BATCH } from './requests';
import { startZd } from './servers';
import { median } from './statistics';

const SECTION = 'Stored events from 8 connections, retention trimming all the while';
const CONNECTIONS = 8;
/** Kept so low that the log is trimmed from the first second on. */
const KEPT = 50_000;
/** A run is this much longer than that of another part: the rate has to be held. */
const LONGER = 10;

/** One event per call, and a hundred. The daemon is one of its own, so its log is full when it is measured. */
export async function publishRate(bench: Bench): Promise<void> {
  await using zd = await startZd(bench.binary, `[events]\nmax_count = ${KEPT}\n`);
  const run = (kind: 'publish' | 'publishes', millis: number) =>
    load({ target: zd.unix, protocol: 'http', kind, connections: CONNECTIONS, millis, warmupMillis: 0, token: null });
  await run('publishes', bench.millis);
  const single: number[] = [];
  for (let round = 0; round < bench.rounds; round++) single.push((await run('publish', bench.millis)).perSecond);
  const held = (await run('publishes', bench.millis * LONGER)).perSecond * BATCH;
  bench.found.rows.push({ section: SECTION, name: 'publish', value: perSecond(median(single)), number: median(single) });
  bench.found.rows.push({ section: SECTION, name: `publish_batch of ${BATCH}`, value: perSecond(held), number: held });
  bench.found.bars.push({
    name: `stored events per second, publish_batch of ${BATCH}`,
    measured: held,
    limit: 40_000,
    sense: 'at least',
    unit: '/s',
  });
}
