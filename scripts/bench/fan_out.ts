import { load, Subscribers } from './clients';
import type { Bench } from './context';
import { perSecond } from './report';
import { median } from './statistics';

const SECTION = 'Fan-out of stored events, 64 connections publishing, every frame with its id';
const PUBLISHERS = 64;
/** Streams that bring nothing for so long will not bring the rest. */
const QUIET_MS = 2000;

interface Round {
  readonly publishedPerSecond: number;
  /** From the first publish to the last frame read. */
  readonly perSecond: number;
  readonly missing: number;
  readonly p99: number;
}

export async function fanOut(bench: Bench): Promise<void> {
  for (const subscribers of [1, 100, 500]) {
    const rounds: Round[] = [];
    for (let round = 0; round < bench.rounds; round++) rounds.push(await once(bench, subscribers));
    const rate = median(rounds.map((round) => round.perSecond));
    const missing = rounds.reduce((sum, round) => sum + round.missing, 0);
    bench.found.rows.push({
      section: SECTION,
      name: `${subscribers} subscriber${subscribers === 1 ? '' : 's'}`,
      value: perSecond(rate),
      number: rate,
      detail: `${perSecond(median(rounds.map((round) => round.publishedPerSecond)))} published, p99 of a publish ${(median(rounds.map((round) => round.p99)) / 1000).toFixed(1)} ms, ${missing === 0 ? 'nothing missed' : `${missing} missed`}`,
    });
    if (subscribers === 100)
      bench.found.bars.push({ name: 'deliveries per second to 100 subscribers', measured: rate, limit: 2_000_000, sense: 'at least', unit: '/s' });
  }
}

async function once(bench: Bench, subscribers: number): Promise<Round> {
  await using listening = await Subscribers.open({ target: bench.zd.unix, subscribers });
  const publishing = await load({
    target: bench.zd.unix,
    protocol: 'http',
    kind: 'publish',
    connections: PUBLISHERS,
    millis: bench.millis,
    warmupMillis: 0,
    token: null,
  });
  const expected = publishing.total * subscribers;
  let heard = await listening.heard();
  while (heard.deliveries < expected && now() - heard.lastAt < QUIET_MS) {
    await Bun.sleep(20);
    heard = await listening.heard();
  }
  return {
    publishedPerSecond: publishing.perSecond,
    perSecond: (heard.deliveries / (heard.lastAt - publishing.startedAt)) * 1000,
    missing: expected - heard.deliveries,
    p99: publishing.p99,
  };
}

const now = (): number => performance.now() + performance.timeOrigin;
