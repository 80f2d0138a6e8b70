import { call, callBytes } from './call';
import { load } from './clients';
import { Connection } from './connection';
import type { Bench } from './context';
import type { LoadResult } from './load';
import { perSecond, times } from './report';
import { PAUSED_GROUP } from './requests';
import { startZd, type Server } from './servers';
import { interleaved, median } from './statistics';

const SECTION = 'Jobs';
const QUEUED = 10_000;

/** Jobs stored, listed and run. The daemon is one of its own, so its queue holds what is counted here. */
export async function jobs(bench: Bench, runs: number): Promise<void> {
  await using zd = await startZd(bench.binary, '[job]\nmax_queued = 1000000\n');
  await call(zd, 'group_set', { name: PAUSED_GROUP, paused: true });
  await roundTrips(bench, zd, runs);
  await listing(bench, zd);
  await submits(bench, zd);
}

async function submits({ rounds, millis, found }: Bench, zd: Server): Promise<void> {
  const tasks: Record<string, () => Promise<LoadResult>> = {};
  for (const protocol of ['http', 'ws'] as const)
    for (const connections of [1, 32]) {
      const how = protocol === 'http' ? 'HTTP requests' : 'calls over a WebSocket';
      const name = `job_submit, ${connections} connection${connections === 1 ? '' : 's'}, ${how}`;
      tasks[name] = () => load({ target: zd.unix, protocol, kind: 'submit', connections, millis, warmupMillis: millis / 4, token: null });
    }
  for (const [name, results] of Object.entries(await interleaved(rounds, tasks))) {
    const rate = median(results.map(({ perSecond: each }) => each));
    found.rows.push({ section: SECTION, name, value: perSecond(rate), number: rate, detail: 'each committed and synced before its reply' });
    found.bars.push({ name, measured: rate, limit: 2000, sense: 'at least', unit: '/s' });
  }
}

/** One page with every queued job of a group. */
async function listing({ rounds, found }: Bench, zd: Server): Promise<void> {
  for (let stored = 0; stored < QUEUED; stored += 100)
    await Promise.all(Array.from({ length: 100 }, () => call(zd, 'job_submit', { command: ['true'], cwd: '/', group: PAUSED_GROUP })));
  const query = { state: 'queued', group: PAUSED_GROUP, limit: QUEUED };
  const { count } = await call<{ count: number }>(zd, 'job_list', query);
  if (count !== QUEUED) throw new Error(`job_list told of ${count} jobs, not ${QUEUED}`);
  const millis = median(Object.values(await interleaved(rounds * 3, { list: () => elapsed(() => callBytes(zd, 'job_list', query)) })).flat());
  const name = `job_list of ${QUEUED.toLocaleString('en-US')} queued jobs in one page`;
  found.rows.push({ section: SECTION, name, value: `${millis.toFixed(1)} ms`, number: millis });
  found.bars.push({ name, measured: millis, limit: 30, sense: 'at most', unit: ' ms' });
}

const ROUND_TRIP = 'job_submit and job_wait of true';
const SPOOLED = 'tsp -f true';
/** What the time of each buys, because it is not the same. */
const PROMISES: Readonly<Record<string, string>> = {
  [ROUND_TRIP]: 'two calls; submit and end each synced to the disk, and the job survives the daemon',
  [SPOOLED]: 'one client process; the queue is in memory, nothing is synced, and jobs end with the server',
};

/** From the submit of `true` to the answer that it has ended, and the same by task-spooler, each in turn with a bare spawn. */
async function roundTrips({ found }: Bench, zd: Server, runs: number): Promise<void> {
  using connection = await Connection.open(zd.unix);
  const spooler = Bun.which('tsp');
  const env = { PATH: process.env.PATH ?? '/usr/bin:/bin', HOME: zd.home, TS_SOCKET: `${zd.home}/tsp` };
  const spawned = (command: string[]) => () => elapsed(() => Bun.spawn(command, { env, stdio: ['ignore', 'ignore', 'ignore'] }).exited);
  const besideBare = async (name: string, task: () => Promise<number>): Promise<number> => {
    const tasks = { bare: spawned(['true']), task };
    await interleaved(5, tasks);
    const results = await interleaved(runs, tasks);
    const bare = median(results.bare!);
    const millis = median(results.task!);
    const detail = `${times(millis / bare)} a bare spawn (${bare.toFixed(2)} ms); ${PROMISES[name]}`;
    found.rows.push({ section: SECTION, name, value: `${millis.toFixed(2)} ms`, number: millis, detail });
    return millis / bare;
  };
  const measured = await besideBare(ROUND_TRIP, () =>
    elapsed(async () => {
      const { job_id } = await connection.call<{ job_id: number }>('job_submit', { command: ['true'], cwd: '/' });
      const { exit_code } = await connection.call<{ exit_code: number }>('job_wait', { id: job_id });
      if (exit_code !== 0) throw new Error(`a job of true ended with ${exit_code}`);
    }),
  );
  found.bars.push({ name: 'a job of true beside a bare spawn', measured, limit: 4, sense: 'at most', unit: '×' });
  if (!spooler) return void found.skipped.push('tsp beside jobs: task-spooler is not installed');
  await besideBare(SPOOLED, spawned([spooler, '-f', 'true']));
  Bun.spawnSync([spooler, '-K'], { env });
}

async function elapsed(task: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await task();
  return performance.now() - started;
}
