import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keep } from './children';
import type { Bench } from './context';
import { micros, times } from './report';
import { tempHome } from './servers';
import { interleaved, median, quantile } from './statistics';

const SECTION = 'A file is created → who watches its folder is told, no debounce';
/** Files of one round; between two there is nothing to do. */
const FILES = 200;
const PAUSE_MS = 2;

/** One who watches a folder: `heard` resolves when text that holds this was told. */
interface Watching {
  heard(name: string): Promise<void>;
  end(): void;
}

/** From the moment before a file is created to its line, one at a time, beside inotifywait on the same folder in turn. */
export async function touchLatency(bench: Bench): Promise<void> {
  const home = tempHome();
  const peer = Bun.which('inotifywait');
  const tasks = {
    zd: () => once(home, (dir) => stream(bench.zd.unix.unix, dir)),
    ...(peer ? { peer: () => once(home, (dir) => inotifywait(peer, dir)) } : {}),
  };
  try {
    const rounds: Record<string, Float64Array[]> = await interleaved<Float64Array>(bench.rounds, tasks);
    const p50 = row(bench, 'zd', rounds.zd!);
    bench.found.bars.push({ name: 'touch to frame, p50', measured: p50 / 1000, limit: 3, sense: 'at most', unit: ' ms' });
    if (rounds.peer) row(bench, 'inotifywait -m', rounds.peer, (theirs) => `zd ${times(p50 / theirs)}`);
    else bench.found.skipped.push('inotifywait beside touch → frame: not installed');
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function row(bench: Bench, name: string, rounds: readonly Float64Array[], note: (p50: number) => string = () => ''): number {
  const p50 = median(rounds.map((samples) => quantile(samples, 0.5)));
  const p99 = median(rounds.map((samples) => quantile(samples, 0.99)));
  bench.found.rows.push({ section: SECTION, name, value: micros(p50), number: p50, detail: `p99 ${micros(p99)}  ${note(p50)}` });
  return p50;
}

/** Microseconds per file, sorted. */
async function once(home: string, watch: (dir: string) => Promise<Watching>): Promise<Float64Array> {
  const dir = join(home, Bun.randomUUIDv7());
  mkdirSync(dir);
  const watching = await watch(dir);
  const samples = new Float64Array(FILES);
  for (let at = 0; at < FILES; at++) {
    const name = `f${at}.`;
    const told = watching.heard(name);
    const started = performance.now();
    writeFileSync(join(dir, name), '');
    await told;
    samples[at] = (performance.now() - started) * 1000;
    await Bun.sleep(PAUSE_MS);
  }
  watching.end();
  return samples.sort();
}

/** Text that comes in, and who waits for some of it. */
class Incoming {
  private text = '';
  private waiting: { readonly name: string; readonly resolve: () => void } | null = null;

  add(chunk: string): void {
    this.text += chunk;
    if (!this.waiting || !this.text.includes(this.waiting.name)) return;
    this.text = '';
    this.waiting.resolve();
    this.waiting = null;
  }

  heard(name: string): Promise<void> {
    return new Promise((resolve) => {
      this.waiting = { name, resolve };
    });
  }
}

async function stream(unix: string, dir: string): Promise<Watching> {
  const incoming = new Incoming();
  const opened = incoming.heard(': zd');
  const socket = await Bun.connect({ unix, socket: { data: (_, chunk) => incoming.add(chunk.toString('latin1')) } });
  socket.write(`GET /stream/watch?path=${encodeURIComponent(dir)}&debounce_ms=0 HTTP/1.1\r\nhost: localhost\r\n\r\n`);
  await opened;
  return { heard: (name) => incoming.heard(name), end: () => socket.end() };
}

async function inotifywait(program: string, dir: string): Promise<Watching> {
  const incoming = new Incoming();
  const child = keep(Bun.spawn([program, '-m', '-e', 'create', '--format', '%f', dir], { stdio: ['ignore', 'pipe', 'pipe'] }));
  // It says on stderr when it watches.
  const opened = incoming.heard('established');
  for (const said of [child.stdout, child.stderr])
    void (async () => {
      const decoder = new TextDecoder();
      for await (const chunk of said) incoming.add(decoder.decode(chunk, { stream: true }));
    })();
  await opened;
  return { heard: (name) => incoming.heard(name), end: () => child.kill('SIGKILL') };
}
