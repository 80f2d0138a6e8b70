import { closeSync, copyFileSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './context';
import { resident } from './resident';
import { startZd, zdEnv, type Server } from './servers';
import { median } from './statistics';

const SECTION = 'Artifacts';
const SAMPLE_MS = 10;

/** A large content in and out on the socket beside `cp` of the same file to the same disk, in turn; and what that costs in memory. */
export async function artifacts(bench: Bench, megabytes: number): Promise<void> {
  const { found } = bench;
  const curl = Bun.which('curl');
  if (!curl) return void found.skipped.push('artifacts beside cp: curl is not installed');
  await using zd = await startZd(bench.binary);
  const [file, copy] = [join(zd.home, 'file'), join(zd.home, 'copy')];
  fill(file, megabytes);
  const url = 'http://zd/artifact/bench';
  const send = [curl, '-fsS', '--unix-socket', zd.unix.unix];
  const remove = [...send, '-X', 'DELETE', url];
  const commands = {
    'cp and sync': ['sh', '-c', 'cp "$1" "$2" && sync "$2"', 'sh', file, copy],
    'PUT with curl': [...send, '-T', file, '-H', 'Expect:', url],
    'zd artifact put': [bench.binary, 'artifact', 'put', 'bench', file],
    cp: ['cp', file, copy],
    'GET with curl': [...send, '-o', copy, url],
    'zd artifact get -o': [bench.binary, 'artifact', 'get', 'bench', '-o', copy],
  };
  // What the first use loads is no growth with the length.
  const small = join(zd.home, 'config.toml');
  for (const words of [
    ['-T', small, url],
    ['-o', copy, url],
  ])
    await elapsed([...send, ...words]);
  await elapsed(remove);
  const taken: Record<string, number[]> = {};
  const memory = watch(zd);
  for (let round = 0; round < bench.rounds; round++) {
    for (const [name, command] of Object.entries(commands)) {
      (taken[name] ??= []).push(await elapsed(command, zdEnv(zd.home)));
      // The same content a second time would be compared and thrown away.
      if (name === 'PUT with curl') await elapsed(remove);
      if (/get/i.test(name) && !(await same(file, copy))) throw new Error('what came back differs');
      rmSync(copy, { force: true });
    }
    await elapsed(remove);
  }
  const growth = memory.stop();
  for (const [name, own] of Object.entries(taken)) {
    const seconds = median(own) / 1000;
    found.rows.push({
      section: SECTION,
      name: `${name}, ${megabytes} MiB`,
      value: `${(megabytes / seconds).toFixed(0)} MiB/s`,
      number: megabytes / seconds,
    });
  }
  const ratio = (name: keyof typeof commands, peer: keyof typeof commands) => {
    const measured = median(taken[peer]!) / median(taken[name]!);
    found.bars.push({ name: `${name} beside ${peer}`, measured, limit: 0.5, sense: 'at least', unit: '×' });
  };
  // A PUT is answered when its bytes are on the disk; what a GET writes is in the cache, as what cp writes.
  ratio('PUT with curl', 'cp and sync');
  ratio('zd artifact put', 'cp and sync');
  ratio('GET with curl', 'cp');
  ratio('zd artifact get -o', 'cp');
  if (growth === null) return void found.skipped.push('memory of the daemon: /proc is not there');
  found.bars.push({ name: 'growth of resident memory by PUT and GET', measured: growth, limit: 32, sense: 'at most', unit: ' MB' });
}

/** Bytes that do not compress: one random megabyte, and its number before it each time. */
function fill(file: string, megabytes: number): void {
  const fd = openSync(file, 'w');
  const block = Buffer.alloc(1 << 20);
  for (let at = 0; at < block.length; at += 65_536) crypto.getRandomValues(block.subarray(at, at + 65_536));
  for (let at = 0; at < megabytes; at++) {
    block.writeUInt32LE(at);
    writeSync(fd, block);
  }
  closeSync(fd);
  // Read once, so that every reader finds it in the page cache.
  copyFileSync(file, `${file}.warm`);
  rmSync(`${file}.warm`);
}

async function elapsed(command: readonly string[], env?: Record<string, string>): Promise<number> {
  const started = performance.now();
  const code = await Bun.spawn([...command], { env, stdio: ['ignore', 'ignore', 'inherit'] }).exited;
  if (code !== 0) throw new Error(`${command[0]} ended with ${code}`);
  return performance.now() - started;
}

const same = async (one: string, other: string): Promise<boolean> => (await Bun.spawn(['cmp', '-s', one, other]).exited) === 0;

/** The most it has had above what it had at first, in megabytes; null where nobody can tell. */
function watch({ pid }: Server): { stop(): number | null } {
  if (process.platform !== 'linux') return { stop: () => null };
  const first = resident(pid);
  let most = first;
  const timer = setInterval(() => (most = Math.max(most, resident(pid))), SAMPLE_MS);
  return {
    stop: () => {
      clearInterval(timer);
      return most - first;
    },
  };
}
