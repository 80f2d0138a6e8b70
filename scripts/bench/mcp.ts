import { readdirSync, readFileSync } from 'node:fs';
import { call } from './call';
import type { Bench } from './context';
import { micros, times } from './report';
import { startZd, zdEnv, type Server } from './servers';
import { interleaved, median, quantile } from './statistics';
import {
  currentToolOverHttp,
  HELLO,
  opOverHttp,
  opOverSocket,
  READY,
  STORED,
  toolOverHttp,
  toolOverSocket,
  toolOverStdio,
  type Road,
} from './tool_road';

const SECTION = 'Tools for agents (MCP): one read of a stored value, one call at a time';
const WARM_UP = 1000;

interface Cost {
  /** Microseconds. */
  readonly wall: number;
  /** Microseconds of the daemon's processor time; NaN where the system does not tell. */
  readonly cpu: number;
}

/** What a tool call costs beside the same operation, over each road; and how soon an agent that starts `zd mcp` knows its tools. */
export async function toolCalls({ binary, rounds, found }: Bench, calls: number, starts: number): Promise<void> {
  await using zd = await startZd(binary);
  await call(zd, 'cache_put', { ...STORED, value: 'green' });
  const roads: Record<string, () => Promise<Road>> = {
    'POST /op': () => opOverHttp(zd),
    '/ws': () => opOverSocket(zd),
    'POST /mcp, older revision': () => toolOverHttp(zd),
    'POST /mcp, current revision': () => currentToolOverHttp(zd),
    '/mcp, WebSocket': () => toolOverSocket(zd),
    'zd mcp': () => toolOverStdio([binary, 'mcp'], zdEnv(zd.home)),
  };
  const costs = await interleaved(rounds, Object.fromEntries(Object.entries(roads).map(([name, open]) => [name, () => cost(zd, open, calls)])));
  const middle = (name: string, of: keyof Cost): number => median(costs[name]!.map((each) => each[of]));
  for (const name of Object.keys(roads)) {
    const detail = `${micros(middle(name, 'cpu'))} of the daemon's processor, ${times(middle(name, 'wall') / middle('POST /op', 'wall'))} the time of POST /op`;
    found.rows.push({ section: SECTION, name, value: micros(middle(name, 'wall')), number: middle(name, 'wall'), detail });
  }
  for (const [tool, op] of [
    ['POST /mcp, older revision', 'POST /op'],
    ['POST /mcp, current revision', 'POST /op'],
    ['/mcp, WebSocket', '/ws'],
    ['zd mcp', 'POST /op'],
  ] as const)
    for (const of of ['wall', 'cpu'] as const) {
      const measured = middle(tool, of) / middle(op, of);
      const name = `${tool} beside ${op}, ${of === 'wall' ? 'time' : 'processor'}`;
      if (Number.isFinite(measured)) found.bars.push({ name, measured, limit: 3, sense: 'at most', unit: '×' });
    }
  const listed = await interleaved(starts, { 'zd mcp': () => untilListed(binary, zd) });
  const first = median(listed['zd mcp']!);
  found.rows.push({ section: SECTION, name: 'zd mcp: from its start to the list of tools', value: `${first.toFixed(1)} ms`, number: first });
  found.bars.push({ name: 'zd mcp: from its start to the list of tools', measured: first, limit: 150, sense: 'at most', unit: ' ms' });
}

async function cost(zd: Server, open: () => Promise<Road>, calls: number): Promise<Cost> {
  using road = await open();
  for (let at = 0; at < WARM_UP; at++) await road.once();
  const samples = new Float64Array(calls);
  const before = busy(zd.pid);
  for (let at = 0; at < calls; at++) {
    const sent = performance.now();
    await road.once();
    samples[at] = (performance.now() - sent) * 1000;
  }
  return { wall: quantile(samples.sort(), 0.5), cpu: (busy(zd.pid) - before) / calls };
}

/** Microseconds of processor time the threads of a process have used (first field of schedstat, in nanoseconds; proc(5)). */
function busy(pid: number): number {
  if (process.platform !== 'linux') return NaN;
  const threads = `/proc/${pid}/task`;
  return readdirSync(threads).reduce((sum, thread) => sum + Number(readFileSync(`${threads}/${thread}/schedstat`, 'latin1').split(' ')[0]), 0) / 1000;
}

async function untilListed(binary: string, zd: Server): Promise<number> {
  const started = performance.now();
  const child = Bun.spawn([binary, 'mcp'], { env: zdEnv(zd.home), stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  child.stdin.write(`${HELLO}\n${READY}\n{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n`);
  child.stdin.flush();
  let got = '';
  for await (const chunk of child.stdout as unknown as AsyncIterable<Uint8Array>) {
    got += Buffer.from(chunk).toString('latin1');
    if (got.includes('"tools":[') && got.endsWith('\n')) break;
  }
  const millis = performance.now() - started;
  child.kill();
  if (!got.includes('cache_get')) throw new Error(`zd mcp answered ${got.slice(0, 400)}`);
  return millis;
}
