import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ended, keep } from './children';
import type { Target } from './load';

/** A server under test, ended and its files removed when disposed. */
export interface Server extends AsyncDisposable {
  readonly pid: number;
  readonly unix: Target & { readonly unix: string };
  readonly tcp: Target & { readonly port: number };
  readonly token: string | null;
  readonly home: string;
}

/** Socket paths are limited to about a hundred bytes, so the folder lies right under /tmp. */
export const tempHome = (): string => mkdtempSync('/tmp/zb-');

export const zdEnv = (home: string): Record<string, string> => ({
  PATH: process.env.PATH ?? '/usr/bin:/bin',
  HOME: home,
  ZD_HOME: home,
  LANG: 'C.UTF-8',
});

/** A home with a free port and room for every stream of the benchmark; all else is the default. */
export function prepareHome(config = ''): string {
  const home = tempHome();
  writeFileSync(
    join(home, 'config.toml'),
    '[http]\nlisten = "127.0.0.1:0"\n[limits]\nstreams = 2000\nconnections = 4000\nstreams_per_token = 2000\n' + config,
    { mode: 0o600 },
  );
  return home;
}

/** In a new home, or in one that was used before. */
export async function startZd(binary: string, config = '', used?: string): Promise<Server> {
  const home = used ?? prepareHome(config);
  const child = keep(Bun.spawn([binary, '__daemon'], { env: zdEnv(home), cwd: home, stdio: ['ignore', 'ignore', 'inherit'] }), home);
  const socket = join(home, 'zd.sock');
  await answering('zd', child, async () => (await fetch('http://zd/health', { unix: socket })).ok);
  const { tcp } = JSON.parse(readFileSync(join(home, 'daemon.json'), 'utf8')) as { tcp: { host: string; port: number } };
  return {
    pid: child.pid,
    home,
    unix: { unix: socket },
    tcp: { hostname: tcp.host, port: tcp.port },
    token: readFileSync(join(home, 'token'), 'utf8').trim(),
    [Symbol.asyncDispose]: () => ended(child, home),
  };
}

/** redis-server on a free port, with the append-only file that cache_put is compared to; null where it is not installed. */
export async function startRedis(): Promise<Server | null> {
  const program = Bun.which('redis-server');
  if (!program) return null;
  const home = tempHome();
  const port = freePort();
  const socket = join(home, 'r.sock');
  mkdirSync(join(home, 'data'));
  const child = Bun.spawn(
    [
      program,
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--unixsocket',
      socket,
      '--unixsocketperm',
      '700',
      '--dir',
      join(home, 'data'),
      '--save',
      '',
      '--appendonly',
      'yes',
      '--appendfsync',
      'everysec',
    ],
    { stdio: ['ignore', 'ignore', 'ignore'] },
  );
  keep(child, home);
  await answering('redis-server', child, () => connects(socket));
  return {
    pid: child.pid,
    home,
    unix: { unix: socket },
    tcp: { hostname: '127.0.0.1', port },
    token: null,
    [Symbol.asyncDispose]: () => ended(child, home),
  };
}

/** A bare `Bun.serve` that answers each request with the same text. */
export async function startBare(reply: string): Promise<Server> {
  const home = tempHome();
  const socket = join(home, 'b.sock');
  const child = Bun.spawn([process.execPath, join(import.meta.dir, 'bare.ts'), socket, reply], { cwd: home, stdio: ['ignore', 'pipe', 'inherit'] });
  keep(child, home);
  const { value } = await child.stdout.getReader().read();
  if (!value) throw new Error('the bare server did not start');
  return {
    pid: child.pid,
    home,
    unix: { unix: socket },
    tcp: { hostname: '127.0.0.1', port: Number(new TextDecoder().decode(value)) },
    token: null,
    [Symbol.asyncDispose]: () => ended(child, home),
  };
}

async function connects(socket: string): Promise<boolean> {
  const connection = await Bun.connect({ unix: socket, socket: { data() {} } });
  connection.end();
  return true;
}

export function freePort(): number {
  const listener = Bun.listen({ hostname: '127.0.0.1', port: 0, socket: { data() {} } });
  const { port } = listener;
  listener.stop(true);
  return port;
}

async function answering(name: string, child: Bun.Subprocess, ask: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 10_000; performance.now() < end; await Bun.sleep(5)) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} instead of answering`);
    if (await ask().catch(() => false)) return;
  }
  child.kill('SIGKILL');
  throw new Error(`${name} does not answer`);
}
