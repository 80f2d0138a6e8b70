import { join } from 'node:path';
import { load } from './clients';
import type { Bench } from './context';
import { historyLines } from './history_lines';
import { perSecond, times } from './report';
import { startZd, zdEnv, type Server } from './servers';
import { interleaved, median } from './statistics';

const PAGE = 1000;
const SECTION = 'The history of commands';
const CONNECTIONS = 16;
/** The rate of appends has to be held: so much longer than another load. */
const LONGER = 5;
/** What `zd history search` asks for while somebody types. */
const FIRST = { budget_ms: 15, distinct: true, limit: 100 };

const SEARCHES: Readonly<Record<string, object>> = {
  'words: docker payment': { filter: 'docker payment' },
  'part: payment/': { filter: 'payment/', mode: 'like', ...FIRST },
  'part that is nowhere': { filter: 'nosuchpart', mode: 'like', ...FIRST },
  'beginning: git c': { filter: 'git c', mode: 'prefix', ...FIRST },
  'fuzzy: git comm': { filter: 'git comm', mode: 'fuzzy', ...FIRST },
  'fuzzy: gcmpay': { filter: 'gcmpay', mode: 'fuzzy', ...FIRST },
};

/** A daemon of its own with so many commands, `fzf --filter` and sqlite3 on the same list. */
export async function history(bench: Bench, runs: number, count: number): Promise<void> {
  await using zd = await startZd(bench.binary);
  const append = { target: zd.unix, protocol: 'http', kind: 'history', connections: CONNECTIONS, warmupMillis: 200, token: null } as const;
  const lines = historyLines(count);
  await fill(zd, lines);
  bench.found.rows.push({ section: SECTION, name: 'commands searched', value: count.toLocaleString('en-US'), number: count });
  await socket(bench, zd, runs);
  await processes(bench, zd, lines, runs);
  const { perSecond: rate } = await load({ ...append, millis: bench.millis * LONGER });
  bench.found.rows.push({ section: SECTION, name: `history_append, ${CONNECTIONS} connections`, value: perSecond(rate), number: rate });
  bench.found.bars.push({ name: 'commands appended per second, one per call', measured: rate, limit: 10_000, sense: 'at least', unit: '/s' });
}

async function call(zd: Server, op: string, input: object): Promise<Record<string, unknown>> {
  const body = JSON.stringify(input);
  const reply = await fetch(`http://zd/op/${op}`, { unix: zd.unix.unix, method: 'POST', headers: { 'content-type': 'application/json' }, body });
  if (!reply.ok) throw new Error(`${op}: ${await reply.text()}`);
  return (await reply.json()) as Record<string, unknown>;
}

async function fill(zd: Server, lines: readonly string[]): Promise<void> {
  const began = 1_600_000_000_000;
  for (let from = 0; from < lines.length; from += PAGE) {
    const entries = lines.slice(from, from + PAGE).map((line, at) => ({ line, ts_ns: (began + (from + at) * 1000) * 1_000_000 }));
    await call(zd, 'history_import', { entries, dedupe: false });
  }
}

async function socket(bench: Bench, zd: Server, runs: number): Promise<void> {
  const timed = async (input: object) => {
    const began = performance.now();
    await call(zd, 'history_query', input);
    return performance.now() - began;
  };
  const cold = await timed(SEARCHES['fuzzy: gcmpay']!);
  await call(zd, 'history_query', { filter: 'nosuchpart', mode: 'like', budget_ms: 60_000 });
  const results = await interleaved(runs, Object.fromEntries(Object.entries(SEARCHES).map(([name, input]) => [name, () => timed(input)])));
  let slowest = 0;
  for (const name of Object.keys(SEARCHES)) {
    const number = median(results[name]!);
    slowest = Math.max(slowest, number);
    bench.found.rows.push({ section: SECTION, name: `first results over the socket, ${name}`, value: `${number.toFixed(2)} ms`, number });
  }
  bench.found.rows.push({ section: SECTION, name: 'the first search after the start', value: `${cold.toFixed(2)} ms`, number: cold });
  bench.found.bars.push({ name: 'first results of a search, the slowest kind', measured: slowest, limit: 30, sense: 'at most', unit: ' ms' });
}

async function processes(bench: Bench, zd: Server, lines: readonly string[], runs: number): Promise<void> {
  const env = zdEnv(zd.home);
  const list = join(zd.home, 'lines.txt');
  await Bun.write(list, `${lines.toReversed().join('\n')}\n`);
  const tasks: Record<string, () => number> = {
    'zd history search': () => elapsed([bench.binary, 'history', 'search', 'git', 'comm'], env),
    'zd history search --mode like': () => elapsed([bench.binary, 'history', 'search', '--mode', 'like', 'payment/'], env),
  };
  if (Bun.which('fzf')) tasks['fzf --filter'] = () => elapsed(['sh', '-c', 'fzf --filter "git comm" < "$0" | head -100', list], env);
  else bench.found.skipped.push('fzf beside zd history search: fzf is not installed');
  if (Bun.which('sqlite3')) {
    const db = join(zd.home, 'lines.db');
    const made = Bun.spawnSync([
      'sqlite3',
      db,
      'CREATE TABLE lines (line TEXT)',
      '.mode ascii',
      String.raw`.separator "\037" "\n"`,
      `.import ${list} lines`,
    ]);
    if (!made.success) throw new Error(`sqlite3: ${made.stderr.toString()}`);
    const query = "SELECT DISTINCT line FROM lines WHERE line LIKE '%git%comm%' ORDER BY rowid LIMIT 100";
    tasks['sqlite3, LIKE'] = () => elapsed(['sqlite3', db, query], env);
    tasks['sqlite3, LIKE, nothing found'] = () => elapsed(['sqlite3', db, query.replace('git%comm', 'nosuchpart')], env, false);
  } else bench.found.skipped.push('sqlite3 beside zd history search: sqlite3 is not installed');
  const results = await interleaved(runs, tasks);
  const zdTime = median(results['zd history search']!);
  for (const name of Object.keys(results)) {
    const number = median(results[name]!);
    const detail = name.startsWith('zd') ? '' : `zd takes ${times(zdTime / number)}`;
    bench.found.rows.push({ section: SECTION, name: `whole process, ${name}`, value: `${number.toFixed(2)} ms`, number, detail });
  }
  bench.found.bars.push({ name: 'zd history search, whole process', measured: zdTime, limit: 60, sense: 'at most', unit: ' ms' });
}

/** Milliseconds from spawn to exit; what it printed is looked at, so a fast failure does not count. */
function elapsed(command: readonly string[], env: Record<string, string>, finds = true): number {
  const began = performance.now();
  const ran = Bun.spawnSync([...command], { env, stdin: 'ignore', timeout: 30_000 });
  const millis = performance.now() - began;
  if (!ran.success || ran.stdout.length > 0 !== finds) throw new Error(`${command.join(' ')}: exit ${ran.exitCode}, ${ran.stderr.toString()}`);
  return millis;
}
