import { load } from './clients';
import type { Bench } from './context';
import type { LoadResult, Target } from './load';
import { micros, perSecond, times } from './report';
import { BATCH, KEYS, type Kind, type Protocol } from './requests';
import { startBare, type Server } from './servers';
import { interleaved, median } from './statistics';

const SECTION = 'Key and value, 100-byte values, one request in flight per connection (same load client for all)';
const WARMUP = 0.4;

const middle = (results: readonly LoadResult[], of: keyof LoadResult): number => median(results.map((result) => result[of]));

/** What a bare server answers: as long as zd's reply to the same request. */
async function replyOf(zd: Server): Promise<string> {
  const body = JSON.stringify({ ns: 'bench', key: 'key:0000' });
  const response = await fetch('http://zd/op/cache_get', {
    unix: zd.unix.unix,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return response.text();
}

/**
 * `cache_get` and `cache_put` beside GET and SET of redis, at 1 and 32 connections, on the socket and on TCP, as HTTP requests and as calls over
 * `/ws`, which are what redis' own protocol is: messages on a connection that stays. A bare `Bun.serve` stands beside them as the ceiling of anything
 * on this platform that answers HTTP requests; then `cache_batch`.
 */
export async function keyValue(bench: Bench): Promise<void> {
  const one = (server: Server, protocol: Protocol, kind: Kind, connections: number, via: 'unix' | 'tcp') => () => {
    const target: Target = server[via];
    return load({
      target,
      protocol,
      kind,
      connections,
      millis: bench.millis,
      warmupMillis: bench.millis * WARMUP,
      token: via === 'tcp' ? server.token : null,
    });
  };
  const { zd, redis } = bench;
  // Every key must be there before it is read, and a slow machine may not get through them in one run.
  const seed = async (put: () => Promise<LoadResult>) => {
    while ((await put()).total < KEYS);
  };
  await seed(one(zd, 'http', 'put', 32, 'unix'));
  if (redis) await seed(one(redis, 'resp', 'put', 32, 'unix'));
  await using bare = await startBare(await replyOf(zd));
  const tasks: Record<string, () => Promise<LoadResult>> = {};
  for (const via of ['unix', 'tcp'] as const) {
    for (const connections of [1, 32]) {
      for (const kind of ['get', 'put'] as const) {
        const name = `${kind} ${via} ${connections}`;
        if (kind === 'get') tasks[`bare ${name}`] = one(bare, 'http', kind, connections, via);
        if (redis) tasks[`redis ${name}`] = one(redis, 'resp', kind, connections, via);
        tasks[`zd ${name}`] = one(zd, 'http', kind, connections, via);
        if (connections === 32) tasks[`socket ${name}`] = one(zd, 'ws', kind, connections, via);
      }
    }
  }
  for (const via of ['unix', 'tcp'] as const) tasks[`zd batch ${via} 32`] = one(zd, 'http', 'batch', 32, via);
  const results = await interleaved(bench.rounds, tasks);
  for (const [name, own] of Object.entries(results)) report(bench, name, own, results);
  if (redis) bars(bench, (name) => middle(results[name]!, 'perSecond'));
  else bench.found.skipped.push('redis beside cache_get and cache_put: redis-server is not installed');
}

function report(bench: Bench, name: string, own: readonly LoadResult[], all: Readonly<Record<string, LoadResult[]>>): void {
  const rate = middle(own, 'perSecond') * (name.includes('batch') ? BATCH : 1);
  const [who, kind, via, connections] = name.split(' ');
  const beside = (peer: string): string => {
    const own = name.includes('batch') ? `${peer} put ${via} 32` : name.replace(/^\w+/, peer);
    return own !== name && all[own] ? `  ${times(rate / middle(all[own], 'perSecond'))} ${peer}` : '';
  };
  const ratio = who === 'redis' ? '' : beside('redis') + beside('bare');
  const what =
    who === 'bare'
      ? 'Bun.serve, the same bytes'
      : { get: ['cache_get', 'GET'], put: ['cache_put', 'SET'], batch: [`cache_batch of ${BATCH}, per key`, ''] }[kind as 'get'][
          who === 'redis' ? 1 : 0
        ];
  bench.found.rows.push({
    section: SECTION,
    name: `${who === 'socket' ? 'zd' : who} ${what}, ${via}, ${connections} ${who === 'socket' ? 'WebSockets' : 'conn'}`,
    value: perSecond(rate),
    number: rate,
    detail: `p50 ${micros(middle(own, 'p50')).padEnd(8)} p99 ${micros(middle(own, 'p99')).padEnd(8)}${ratio}`,
  });
}

function bars(bench: Bench, rate: (name: string) => number): void {
  const ratio = (name: string, measured: number, limit: number) => bench.found.bars.push({ name, measured, limit, sense: 'at least', unit: '×' });
  for (const [kind, op, command, limit] of [
    ['get', 'cache_get', 'GET', 0.42],
    ['put', 'cache_put', 'SET', 0.55],
  ] as const)
    for (const [via, where] of [
      ['unix', 'unix socket'],
      ['tcp', 'TCP'],
    ] as const)
      for (const [who, how] of [
        ['zd', 'HTTP requests'],
        ['socket', 'calls over WebSockets'],
      ] as const) {
        const name = `${kind} ${via} 32`;
        ratio(`${op} at 32 connections beside redis ${command}, ${where}, ${how}`, rate(`${who} ${name}`) / rate(`redis ${name}`), limit);
      }
  for (const [via, where] of [
    ['unix', 'unix socket'],
    ['tcp', 'TCP'],
  ] as const)
    ratio(`cache_batch of ${BATCH} per key beside redis SET, ${where}`, (rate(`zd batch ${via} 32`) * BATCH) / rate(`redis put ${via} 32`), 2);
}
