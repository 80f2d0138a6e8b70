import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { artifacts } from './bench/artifacts';
import { cachedReplay } from './bench/cached';
import type { Bench } from './bench/context';
import { definitions } from './bench/definitions';
import { fanOut } from './bench/fan_out';
import { binarySize, idleMemory, startTime } from './bench/footprint';
import { jobs } from './bench/jobs';
import { history } from './bench/history';
import { keyValue } from './bench/key_value';
import { locks } from './bench/locks';
import { mesh } from './bench/mesh';
import { toolCalls } from './bench/mcp';
import { processTime } from './bench/process_time';
import { publishLatency } from './bench/latency';
import { publishRate } from './bench/publish_rate';
import { stalledReader } from './bench/stalled';
import { sustain } from './bench/sustain';
import { touchLatency } from './bench/touch';
import { passes, print } from './bench/report';
import { standardClients } from './bench/standard_clients';
import { sessions } from './bench/sessions';
import { firing } from './bench/schedules';
import { startRedis, startZd } from './bench/servers';
import { install, step } from './setup';

/**
 * `bun run bench`: the compiled program beside its peers, in one run on one machine.
 *   --quick       fewer and shorter rounds
 *   --only NAME   one part, repeatable: cli, kv, fanout, stalled, latency, publish, locks, jobs, artifacts, definitions, history, mesh,
 *                 sessions, mcp, start, memory, and sustain, which takes over a minute and is run only when it is named
 *   --json        the rows and bars as JSON
 *   --bin PATH    another executable than dist/zd
 *   --strict      exit 1 when a bar is missed, as it is anyway when a part does not come to its end
 */
const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    bin: { type: 'string' },
  },
});

const parts: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  memory: idleMemory,
  start: startTime,
  cli: (bench) => processTime(bench, flags.quick ? 30 : 150),
  kv: async (bench) => {
    await keyValue(bench);
    await standardClients(bench);
  },
  fanout: fanOut,
  stalled: stalledReader,
  latency: async (bench) => {
    await publishLatency(bench);
    await touchLatency(bench);
  },
  publish: publishRate,
  sustain,
  locks: (bench) => locks(bench, flags.quick ? 30 : 150),
  jobs: async (bench) => {
    await jobs(bench, flags.quick ? 30 : 150);
    await firing(bench, flags.quick ? 5 : 20);
  },
  artifacts: async (bench) => {
    await artifacts(bench, flags.quick ? 128 : 1024);
    await cachedReplay(bench, flags.quick ? 20 : 60);
  },
  definitions: (bench) => definitions(bench, flags.quick ? 10 : 40, flags.quick ? 4 : 20),
  sessions,
  mcp: (bench) => toolCalls(bench, flags.quick ? 1000 : 4000, flags.quick ? 5 : 15),
  history: (bench) => history(bench, flags.quick ? 10 : 40, flags.quick ? 100_000 : 1_000_000),
  mesh: (bench) => mesh(bench, flags.quick ? 100 : 500),
};
/** Run only when they are named. */
const LONG = new Set(['sustain']);
const unknown = flags.only.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) throw new Error(`--only takes ${Object.keys(parts).join(', ')}; not ${unknown.join(', ')}`);

/** Far more than the longest part takes. What a part that is given up still runs ends with this process. */
const PART_MS = 15 * 60_000;

async function within(ms: number, part: Promise<void>): Promise<void> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`no end after ${ms / 60_000} minutes`)), ms);
  await Promise.race([part, late.promise]).finally(() => clearTimeout(timer));
}

install();
const binary = resolve(flags.bin ?? join(import.meta.dir, '../dist/zd'));
if (!existsSync(binary) && (flags.bin !== undefined || !step(['scripts/compile.ts']))) throw new Error(`${binary} is not there`);

const found: Bench['found'] = { rows: [], bars: [], skipped: [], failed: [] };
{
  await using redis = await startRedis();
  await using zd = await startZd(binary);
  if (!redis) found.skipped.push('every ratio to redis: redis-server is not installed');
  const bench: Bench = { binary, zd, redis, rounds: flags.quick ? 3 : 5, millis: flags.quick ? 400 : 1000, found };
  binarySize(bench);
  for (const [name, part] of Object.entries(parts)) {
    if (flags.only.length > 0 ? !flags.only.includes(name) : LONG.has(name)) continue;
    if (!flags.json) console.error(`… ${name}`);
    // A part that breaks or hangs is a finding; the others still have theirs.
    await within(PART_MS, part(bench)).catch((error: unknown) =>
      found.failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`),
    );
  }
}
if (flags.json) console.log(JSON.stringify({ ...found, bars: found.bars.map((bar) => ({ ...bar, pass: passes(bar) })) }, null, 2));
else print(found);
process.exit(found.failed.length > 0 || (flags.strict && !found.bars.every(passes)) ? 1 : 0);
