import { load, Subscribers } from './clients';
import type { Bench } from './context';
import type { Target } from './load';
import { startNchan } from './nchan';
import { perSecond, times } from './report';
import type { Kind } from './requests';
import { interleaved, median } from './statistics';

const SECTION = 'Fan-out of stored events, 64 connections publishing, every frame with its id';
const PUBLISHERS = 64;
/** Streams that bring nothing for so long will not bring the rest. */
const QUIET_MS = 2000;

/** A server that takes events from some and hands them to others. */
interface Bus {
  readonly target: Target;
  readonly kind: Kind;
  readonly path: string;
}

interface Round {
  readonly publishedPerSecond: number;
  /** From the first publish to the last frame read. */
  readonly perSecond: number;
  readonly missing: number;
  readonly p99: number;
}

export async function fanOut(bench: Bench): Promise<void> {
  await using nchan = await startNchan();
  const zd: Bus = { target: bench.zd.unix, kind: 'publish', path: '/stream/events?channel=*.bench.*' };
  for (const subscribers of [1, 100, 500]) {
    const tasks: Record<string, () => Promise<Round>> = { zd: () => once(zd, subscribers, bench.millis) };
    if (nchan) tasks.nchan = () => once({ target: nchan.tcp, kind: 'nchan', path: '/sse' }, subscribers, bench.millis);
    const { zd: own, nchan: peer } = await interleaved(bench.rounds, tasks);
    const rate = row(bench, `zd, ${subscribers} subscribers`, own!);
    if (subscribers === 100)
      bench.found.bars.push({ name: 'deliveries per second to 100 subscribers', measured: rate, limit: 2_000_000, sense: 'at least', unit: '/s' });
    if (!peer) continue;
    const ratio = rate / row(bench, `nginx with nchan, ${subscribers} subscribers`, peer, (theirs) => `zd ${times(rate / theirs)}`);
    if (subscribers === 500)
      bench.found.bars.push({
        name: 'deliveries to 500 subscribers beside nginx with nchan',
        measured: ratio,
        limit: 15,
        sense: 'at least',
        unit: '×',
      });
  }
  if (!nchan) bench.found.skipped.push('nginx with nchan beside the fan-out: not installed');
}

function row(bench: Bench, name: string, rounds: readonly Round[], note: (rate: number) => string = () => ''): number {
  const rate = median(rounds.map((round) => round.perSecond));
  const missing = rounds.reduce((sum, round) => sum + round.missing, 0);
  const published = perSecond(median(rounds.map((round) => round.publishedPerSecond)));
  const p99 = (median(rounds.map((round) => round.p99)) / 1000).toFixed(1);
  bench.found.rows.push({
    section: SECTION,
    name,
    value: perSecond(rate),
    number: rate,
    detail: `${published} published, p99 of a publish ${p99} ms, ${missing === 0 ? 'nothing missed' : `${missing} missed`}  ${note(rate)}`,
  });
  return rate;
}

async function once(bus: Bus, subscribers: number, millis: number): Promise<Round> {
  await using listening = await Subscribers.open({ target: bus.target, subscribers, path: bus.path });
  const publishing = await load({
    target: bus.target,
    protocol: 'http',
    kind: bus.kind,
    connections: PUBLISHERS,
    millis,
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
