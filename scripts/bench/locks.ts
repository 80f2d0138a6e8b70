import { join } from 'node:path';
import type { Bench } from './context';
import { httpRequest, opening, replyLength, socketCall } from './requests';
import { perSecond } from './report';
import { zdEnv } from './servers';
import { interleaved, median } from './statistics';

type Protocol = 'http' | 'ws';

const SECTION = 'Locks';
const CONNECTIONS = [1, 32, 128];

/** Locks taken and released on the socket, and a command under a lock beside flock(1). */
export async function locks(bench: Bench, runs: number): Promise<void> {
  const tasks: Record<string, () => Promise<number>> = {};
  for (const protocol of ['http', 'ws'] as const)
    for (const connections of CONNECTIONS) {
      const how = protocol === 'http' ? 'HTTP requests' : 'calls over a WebSocket';
      const what = `acquire and release, ${connections} connection${connections === 1 ? '' : 's'}, ${how}`;
      tasks[what] = () => pairs(bench.zd.unix.unix, protocol, connections, bench.millis);
    }
  for (const [what, rounds] of Object.entries(await interleaved(bench.rounds, tasks))) {
    const rate = median(rounds);
    bench.found.rows.push({ section: SECTION, name: what, value: perSecond(rate), number: rate, detail: 'pairs, each durable, no two on one lock' });
    if (what.includes(' 32 ')) bench.found.bars.push({ name: what, measured: rate, limit: 10_000, sense: 'at least', unit: '/s' });
  }
  await commands(bench, runs);
}

/** Whole processes, run in turn: the command line's own floor is `zd ping`. */
async function commands({ binary, zd, found }: Bench, runs: number): Promise<void> {
  const flock = Bun.which('flock');
  if (!flock) return void found.skipped.push('zd lock run beside flock: flock is not installed');
  const env = zdEnv(zd.home);
  const lines = {
    'zd lock run x -- true': [binary, 'lock', 'run', 'x', '--', 'true'],
    'flock f true': [flock, join(zd.home, 'f'), 'true'],
    'zd ping': [binary, 'ping'],
  };
  const tasks = Object.fromEntries(Object.entries(lines).map(([name, command]) => [name, () => elapsed(command, env)]));
  await interleaved(5, tasks);
  const results = await interleaved(runs, tasks);
  const middle = (name: keyof typeof lines) => median(results[name]!);
  for (const name of Object.keys(lines) as (keyof typeof lines)[]) {
    found.rows.push({ section: SECTION, name, value: `${middle(name).toFixed(2)} ms`, number: middle(name) });
  }
  const limit = 2.5 * middle('flock f true') + middle('zd ping');
  found.bars.push({
    name: 'zd lock run beside 2.5 × flock and the floor of the CLI',
    measured: middle('zd lock run x -- true'),
    limit,
    sense: 'at most',
    unit: ' ms',
  });
}

function elapsed(command: readonly string[], env: Record<string, string>): number {
  const started = performance.now();
  const ran = Bun.spawnSync([...command], { env, stdin: 'ignore' });
  const millis = performance.now() - started;
  if (!ran.success) throw new Error(`${command.join(' ')}: exit ${ran.exitCode}, ${ran.stderr}`);
  return millis;
}

/** Pairs per second, from a process of its own. */
async function pairs(socket: string, protocol: Protocol, connections: number, millis: number): Promise<number> {
  const child = Bun.spawn([process.execPath, import.meta.path, socket, protocol, String(connections), String(millis)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said = await child.stdout.text();
  if ((await child.exited) !== 0) throw new Error('the load client failed (locks)');
  return Number(said);
}

/** One pair after the other on each connection, each on its own lock; what comes before the measured time is warm-up. */
async function load(socket: string, protocol: Protocol, connections: number, millis: number): Promise<number> {
  const greeting = opening(protocol, null);
  const call = (op: string, input: object) => (protocol === 'ws' ? socketCall(op, input) : httpRequest(op, input, null));
  let counting = false;
  let done = 0;
  for (let at = 0; at < connections; at++) {
    // What an earlier run held when it ended stays until its lease runs out.
    const name = `bench ${process.pid} ${at}`;
    let held = false;
    let partial = Buffer.alloc(0);
    let greeted = greeting === null;
    await Bun.connect({
      unix: socket,
      socket: {
        open: (connection) => void connection.write(greeting ?? call('lock_acquire', { name })),
        data(connection, chunk) {
          if (!greeted) {
            greeted = true;
            return void connection.write(call('lock_acquire', { name }));
          }
          const data = Buffer.concat([partial, chunk]);
          partial = replyLength(protocol, data) === 0 ? data : Buffer.alloc(0);
          if (partial.length > 0) return;
          held = !held;
          if (!held && counting) done++;
          const token = held ? /"token":"(\d+)"/.exec(data.toString('latin1'))![1] : undefined;
          connection.write(held ? call('lock_release', { name, token }) : call('lock_acquire', { name }));
        },
        error: (_, error) => {
          throw error;
        },
      },
    });
  }
  await Bun.sleep(millis / 4);
  counting = true;
  const started = performance.now();
  await Bun.sleep(millis);
  return (done / (performance.now() - started)) * 1000;
}

if (import.meta.main) {
  const [socket, protocol, connections, millis] = process.argv.slice(2) as [string, Protocol, string, string];
  console.log(await load(socket, protocol, Number(connections), Number(millis)));
  process.exit(0);
}
