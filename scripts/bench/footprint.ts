import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './context';
import { proportional, resident } from './resident';
import { prepareHome, startZd, zdEnv } from './servers';
import { median } from './statistics';

const SECTION = 'Start, memory and size';

/** From `zd up` to the first answer and to its return, on a new home each time. */
export async function startTime(bench: Bench): Promise<void> {
  const answers: number[] = [];
  const returns: number[] = [];
  for (let round = 0; round < bench.rounds + 2; round++) {
    const home = prepareHome();
    const env = zdEnv(home);
    const started = performance.now();
    const child = Bun.spawn([bench.binary, 'up'], { env, cwd: home, stdio: ['ignore', 'ignore', 'inherit'], timeout: 30_000 });
    const returned = child.exited.then((code) => ({ code, millis: performance.now() - started }));
    try {
      await firstAnswer(join(home, 'zd.sock'));
      answers.push(performance.now() - started);
      const { code, millis } = await returned;
      if (code !== 0) throw new Error(`zd up ended with ${code}`);
      returns.push(millis);
    } finally {
      Bun.spawnSync([bench.binary, 'down'], { env, cwd: home, timeout: 40_000 });
      rmSync(home, { recursive: true, force: true });
    }
  }
  const first = median(answers);
  bench.found.rows.push({
    section: SECTION,
    name: 'zd up to the first answer',
    value: `${first.toFixed(0)} ms`,
    number: first,
    detail: 'a new home, databases made',
  });
  bench.found.rows.push({ section: SECTION, name: 'zd up returns', value: `${median(returns).toFixed(0)} ms`, number: median(returns) });
  bench.found.bars.push({ name: 'zd up to the first answer', measured: first, limit: 120, sense: 'at most', unit: ' ms' });
}

/** Asks every 2 ms, seldom enough not to slow the start it measures. */
async function firstAnswer(socket: string): Promise<void> {
  for (const end = performance.now() + 10_000; performance.now() < end; await Bun.sleep(2)) {
    const health = await fetch('http://zd/health', { unix: socket }).catch(() => null);
    if (health?.ok) return;
  }
  throw new Error('zd up: no answer within 10 s');
}

const IDLE_MS = 3000;

/** Memory of a daemon that has answered once and then idled. PSS shares out pages that other processes map too. */
export async function idleMemory(bench: Bench): Promise<void> {
  if (process.platform !== 'linux') return void bench.found.skipped.push('idle memory: /proc is not there');
  await using zd = await startZd(bench.binary);
  await Bun.sleep(IDLE_MS);
  const megabytes = resident(zd.pid);
  const peer = bench.redis ? `redis-server ${resident(bench.redis.pid).toFixed(0)} MB` : '';
  bench.found.rows.push({
    section: SECTION,
    name: 'idle, resident',
    value: `${megabytes.toFixed(1)} MB`,
    number: megabytes,
    detail: `PSS ${proportional(zd.pid).toFixed(1)} MB   ${peer}`,
  });
  bench.found.bars.push({ name: 'idle memory, resident', measured: megabytes, limit: 75, sense: 'at most', unit: ' MB' });
}

export function binarySize(bench: Bench): void {
  const megabytes = statSync(bench.binary).size / 1e6;
  bench.found.rows.push({
    section: SECTION,
    name: 'executable',
    value: `${megabytes.toFixed(1)} MB`,
    number: megabytes,
    detail: 'the runtime and SQLite are in it',
  });
}
