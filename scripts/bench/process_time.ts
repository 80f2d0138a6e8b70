import type { Bench } from './context';
import { times } from './report';
import { zdEnv } from './servers';
import { interleaved, median } from './statistics';

const SECTION = 'Whole process of a command line client, one read of a stored value';

/** `zd cache get` beside `curl --unix-socket` to the same operation and `redis-cli get`, run in turn. */
export async function processTime(bench: Bench, runs: number): Promise<void> {
  const body = JSON.stringify({ ns: 'cli', key: 'k' });
  const json = 'content-type: application/json';
  const { unix: socket } = bench.zd.unix;
  const env = zdEnv(bench.zd.home);
  const commands: Record<string, { readonly command: string[]; readonly prints: string }> = {
    'zd cache get': { command: [bench.binary, 'cache', 'get', 'cli', 'k'], prints: 'green' },
  };
  const curl = Bun.which('curl');
  if (curl)
    commands['curl --unix-socket'] = {
      command: [curl, '-sS', '--unix-socket', socket, '-H', json, '-d', body, 'http://zd/op/cache_get'],
      prints: '"green"',
    };
  else bench.found.skipped.push('curl beside zd cache get: curl is not installed');
  const cli = Bun.which('redis-cli');
  if (bench.redis && cli) commands['redis-cli get'] = { command: [cli, '-s', bench.redis.unix.unix, 'get', 'k'], prints: 'green' };
  else bench.found.skipped.push('redis-cli beside zd cache get: redis is not installed');

  await fetch('http://zd/op/cache_put', {
    unix: socket,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ns: 'cli', key: 'k', value: 'green' }),
  });
  if (bench.redis && cli) Bun.spawnSync([cli, '-s', bench.redis.unix.unix, 'set', 'k', 'green']);
  const tasks = Object.fromEntries(Object.entries(commands).map(([name, { command, prints }]) => [name, () => elapsed(command, prints, env)]));
  await interleaved(5, tasks);
  const results = await interleaved(runs, tasks);
  const middle = (name: string) => median(results[name]!);
  const zd = middle('zd cache get');
  for (const name of Object.keys(results)) {
    bench.found.rows.push({
      section: SECTION,
      name,
      value: `${middle(name).toFixed(2)} ms`,
      number: middle(name),
      detail: name.startsWith('zd') ? '' : `zd takes ${times(zd / middle(name))}`,
    });
  }
  if (curl)
    bench.found.bars.push({
      name: 'zd cache get beside curl --unix-socket',
      measured: zd / middle('curl --unix-socket'),
      limit: 1.6,
      sense: 'at most',
      unit: '×',
    });
}

/** Milliseconds from spawn to exit; what it printed is checked, so a fast failure does not count. */
function elapsed(command: readonly string[], prints: string, env: Record<string, string>): number {
  const started = performance.now();
  const ran = Bun.spawnSync([...command], { env, stdin: 'ignore', timeout: 10_000 });
  const millis = performance.now() - started;
  if (!ran.success || !ran.stdout.includes(prints)) throw new Error(`${command.join(' ')}: exit ${ran.exitCode}, ${ran.stdout}${ran.stderr}`);
  return millis;
}
