import { join } from 'node:path';
import type { Bench } from './context';
import { times } from './report';
import { startZd, zdEnv, type Server } from './servers';
import { interleaved, median } from './statistics';

const SECTION = 'Definitions of the shells';
/** Records of one bundle. */
const BUNDLE = 50_000;
const KINDS = ['alias', 'function', 'export', 'galias', 'compdef', 'setopt', 'bindkey', 'zstyle', 'path_mod', 'source'];

interface Recorded {
  readonly kind: string;
  readonly name: string;
  readonly value: string;
}

/** Names are the same in every shell, so that a query by name finds one in each. */
const recorded = (shell: number): Recorded[] =>
  Array.from({ length: BUNDLE }, (_, at) => ({ kind: KINDS[at % KINDS.length]!, name: `name-${at}`, value: `value ${at} of shell ${shell}` }));

/** A daemon of its own with a million records, and sqlite3 on the same rows. */
export async function definitions(bench: Bench, runs: number, bundles: number): Promise<void> {
  await using zd = await startZd(bench.binary, `[definitions]\nmax_records = ${BUNDLE * (bundles + 1)}\n`);
  await ingest(bench, zd, bundles);
  const { found } = bench;
  found.rows.push({ section: SECTION, name: 'records', value: (BUNDLE * bundles).toLocaleString('en-US'), number: BUNDLE * bundles });
  await queries(bench, zd, runs);
  await processes(bench, zd, runs, bundles);
}

async function call(zd: Server, op: string, body: string): Promise<number> {
  const began = performance.now();
  const reply = await fetch(`http://zd/op/${op}`, { unix: zd.unix.unix, method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const text = await reply.text();
  if (!reply.ok || text.includes('"count":0')) throw new Error(`${op}: ${text.slice(0, 500)}`);
  return performance.now() - began;
}

async function ingest({ found }: Bench, zd: Server, bundles: number): Promise<void> {
  const took: number[] = [];
  const waited: number[] = [];
  for (let shell = 0; shell < bundles; shell++) {
    const events = recorded(shell).map((each, at) => ({
      order_idx: at,
      ts_ns: 1_790_000_000_000_000_000,
      ...each,
      file: '/home/me/.zshrc',
      line: at,
    }));
    const body = JSON.stringify({ shell_id: `bench:s${shell}`, started_at_ns: 1, finished_at_ns: 2, events });
    let over = false;
    const ingested = call(zd, 'recorder_ingest', body).finally(() => (over = true));
    // Its failure is heard below, not before.
    ingested.catch(() => {});
    let longest = 0;
    while (!over) longest = Math.max(longest, await call(zd, 'ping', '{}'));
    took.push(await ingested);
    waited.push(longest);
  }
  const [number, longest] = [median(took), median(waited)];
  const name = `recorder_ingest of ${BUNDLE.toLocaleString('en-US')} records`;
  found.rows.push({ section: SECTION, name, value: `${number.toFixed(0)} ms`, number });
  found.rows.push({ section: SECTION, name: 'the longest another call waits meanwhile', value: `${longest.toFixed(0)} ms`, number: longest });
  found.bars.push({ name, measured: number, limit: 3000, sense: 'at most', unit: ' ms' });
}

async function queries({ found }: Bench, zd: Server, runs: number): Promise<void> {
  const tasks = {
    'by name': () => call(zd, 'definitions_query', '{"name":"name-31331"}'),
    'by kind and name': () => call(zd, 'definitions_query', '{"kind":"alias","name":"name-40000"}'),
    'by kind, name and shell': () => call(zd, 'definitions_query', '{"kind":"alias","name":"name-40000","shell_id":"bench:s1"}'),
    'by the beginning of a name': () => call(zd, 'definitions_query', '{"kind":"alias","prefix":"name-3000","limit":100}'),
  };
  const results = await interleaved(runs * 5, tasks);
  for (const name of Object.keys(tasks)) {
    const number = median(results[name]!);
    found.rows.push({ section: SECTION, name: `query over the socket, ${name}`, value: `${number.toFixed(2)} ms`, number });
  }
  found.bars.push({ name: 'query by name', measured: median(results['by name']!), limit: 5, sense: 'at most', unit: ' ms' });
}

async function processes({ binary, found }: Bench, zd: Server, runs: number, bundles: number): Promise<void> {
  const env = zdEnv(zd.home);
  const tasks: Record<string, () => number> = { 'zd where': () => elapsed([binary, 'where', 'name-31331'], env) };
  if (Bun.which('sqlite3')) {
    const [list, db] = [join(zd.home, 'rows.txt'), join(zd.home, 'rows.db')];
    const writer = Bun.file(list).writer();
    for (let shell = 0; shell < bundles; shell++)
      for (const { kind, name, value } of recorded(shell)) writer.write(`${kind}\x1fbench:s${shell}\x1f${name}\x1f${value}\n`);
    await writer.end();
    const table = 'CREATE TABLE rows (kind TEXT, shell TEXT, name TEXT, value TEXT); CREATE INDEX by_name ON rows (kind, name, shell)';
    const made = Bun.spawnSync(['sqlite3', db, table, '.mode ascii', String.raw`.separator "\037" "\n"`, `.import ${list} rows`]);
    if (!made.success) throw new Error(`sqlite3: ${made.stderr.toString()}`);
    tasks['sqlite3, the same query by its index'] = () =>
      elapsed(['sqlite3', db, `SELECT * FROM rows WHERE kind = 'function' AND name = 'name-31331'`], env);
    tasks['sqlite3, the same query without one'] = () => elapsed(['sqlite3', db, `SELECT * FROM rows WHERE name = 'name-31331'`], env);
  } else found.skipped.push('sqlite3 beside zd where: sqlite3 is not installed');
  const results = await interleaved(runs, tasks);
  const own = median(results['zd where']!);
  for (const name of Object.keys(tasks)) {
    const number = median(results[name]!);
    const detail = name === 'zd where' ? '' : `zd takes ${times(own / number)}`;
    found.rows.push({ section: SECTION, name: `whole process, ${name}`, value: `${number.toFixed(2)} ms`, number, detail });
  }
}

/** Milliseconds from spawn to exit of something that finds something. */
function elapsed(command: readonly string[], env: Record<string, string>): number {
  const began = performance.now();
  const ran = Bun.spawnSync([...command], { env, stdin: 'ignore', timeout: 30_000 });
  const millis = performance.now() - began;
  if (!ran.success || ran.stdout.length === 0) throw new Error(`${command.join(' ')}: exit ${ran.exitCode}, ${ran.stderr.toString()}`);
  return millis;
}
