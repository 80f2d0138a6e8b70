import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keep } from './children';
import type { Bench } from './context';
import { perSecond, times } from './report';
import { KEYS, VALUE } from './requests';
import type { Server } from './servers';
import { interleaved, median } from './statistics';

const CONNECTIONS = 32;
const SECTION = `Key and value, 100-byte values, ${CONNECTIONS} connections over TCP, each server with its field's own load client`;
/** Requests of one redis-benchmark run. */
const REDIS_REQUESTS = 100_000;

/**
 * `wrk` for zd and `redis-benchmark` for redis: both are written in C and cost little beside the server, where one load client for
 * both has to read HTTP at its own expense. `cache_get` is asked by GET, as a browser or curl would.
 */
export async function standardClients(bench: Bench): Promise<void> {
  const wrk = Bun.which('wrk');
  const redisBenchmark = Bun.which('redis-benchmark');
  if (!wrk || !redisBenchmark || !bench.redis)
    return void bench.found.skipped.push('standard load clients: wrk, redis-benchmark or redis-server is not installed');
  const { zd, redis } = bench;
  const folder = mkdtempSync('/tmp/zb-wrk-');
  try {
    const tasks: Record<string, () => Promise<number>> = {};
    for (const kind of ['get', 'put'] as const) {
      const script = join(folder, `${kind}.lua`);
      writeFileSync(script, kind === 'get' ? getScript(zd) : putScript(zd));
      tasks[`redis ${kind}`] = () => runRedis(redisBenchmark, redis, kind);
      tasks[`zd ${kind}`] = () => runWrk(wrk, zd, script, bench.millis);
    }
    const rates = await interleaved(bench.rounds, tasks);
    const rate = (name: string) => median(rates[name]!);
    for (const [kind, op, command, limit] of [
      ['get', 'cache_get', 'GET', 0.42],
      ['put', 'cache_put', 'SET', 0.55],
    ] as const) {
      const own = rate(`zd ${kind}`);
      const peer = rate(`redis ${kind}`);
      bench.found.rows.push({ section: SECTION, name: `redis ${command} (redis-benchmark)`, value: perSecond(peer), number: peer });
      bench.found.rows.push({ section: SECTION, name: `zd ${op} (wrk)`, value: perSecond(own), number: own, detail: `${times(own / peer)} redis` });
      bench.found.bars.push({
        name: `${op} beside redis ${command}, standard clients, TCP`,
        measured: own / peer,
        limit,
        sense: 'at least',
        unit: '×',
      });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const lua = (zd: Server, line: string): string => `
local requests = {}
local at = 0
init = function()
  wrk.headers["authorization"] = "Bearer ${zd.token}"
  wrk.headers["content-type"] = "application/json"
  for n = 0, ${KEYS - 1} do
    local key = string.format("key:%04d", n)
    requests[n] = ${line}
  end
end
request = function() at = (at + 1) % ${KEYS}; return requests[at] end
`;

const getScript = (zd: Server): string => lua(zd, 'wrk.format("GET", "/op/cache_get?ns=bench&key=" .. key)');
const putScript = (zd: Server): string =>
  lua(zd, `wrk.format("POST", "/op/cache_put", nil, '{"ns":"bench","key":"' .. key .. '","value":"${VALUE}"}')`);

async function runWrk(wrk: string, zd: Server, script: string, millis: number): Promise<number> {
  const said = await text([
    wrk,
    '-t1',
    `-c${CONNECTIONS}`,
    `-d${Math.max(1, Math.round(millis / 1000))}s`,
    '-s',
    script,
    `http://127.0.0.1:${zd.tcp.port}`,
  ]);
  if (/Non-2xx|Socket errors/.test(said)) throw new Error(`wrk met failures:\n${said}`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)![1]);
}

async function runRedis(program: string, redis: Server, kind: 'get' | 'put'): Promise<number> {
  const test = kind === 'get' ? 'get' : 'set';
  const said = await text([
    program,
    '-p',
    String(redis.tcp.port),
    '-t',
    test,
    '-n',
    String(REDIS_REQUESTS),
    '-c',
    String(CONNECTIONS),
    '-d',
    String(VALUE.length),
    '-r',
    String(KEYS),
    '--csv',
  ]);
  return Number(/^"(?:SET|GET)","([\d.]+)"/m.exec(said)![1]);
}

async function text(command: string[]): Promise<string> {
  const child = keep(Bun.spawn(command, { stdio: ['ignore', 'pipe', 'inherit'], timeout: 60_000, killSignal: 'SIGKILL' }));
  const said = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error(`${command[0]} ended with ${child.signalCode ?? child.exitCode}`);
  return said;
}
