import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bench } from './context';
import { startZd, zdEnv } from './servers';
import { interleaved, median } from './statistics';

const SOURCE = '#include <stdio.h>\n#include <stdlib.h>\nint main(void) { puts("green"); return EXIT_SUCCESS; }\n';

/** A compile that was done before: replayed by `zd cached`, by ccache, and done again. The command line's own floor is `zd ping`. */
export async function cachedReplay({ binary, found }: Bench, runs: number): Promise<void> {
  const compiler = Bun.which('cc');
  if (!compiler) return void found.skipped.push('zd cached: there is no C compiler');
  const ccache = Bun.which('ccache');
  await using zd = await startZd(binary);
  writeFileSync(join(zd.home, 'x.c'), SOURCE);
  const env = { ...zdEnv(zd.home), CCACHE_DIR: join(zd.home, 'ccache') };
  const compile = [compiler, '-c', 'x.c', '-o', 'x.o'];
  const lines: Record<string, string[]> = {
    'zd cached -- cc': [binary, 'cached', '-i', 'x.c', '-o', 'x.o', '--', ...compile],
    'zd ping': [binary, 'ping'],
    cc: compile,
  };
  if (ccache) lines['ccache cc'] = [ccache, ...compile];
  else found.skipped.push('ccache beside zd cached: ccache is not installed');
  const tasks = Object.fromEntries(Object.entries(lines).map(([name, command]) => [name, () => elapsed(command, env, zd.home)]));
  // The first of them fills both caches.
  await interleaved(3, tasks);
  const results = await interleaved(runs, tasks);
  const middle = (name: string) => median(results[name]!);
  for (const name of Object.keys(results))
    found.rows.push({ section: 'Artifacts', name, value: `${middle(name).toFixed(2)} ms`, number: middle(name) });
  if (ccache)
    found.bars.push({
      name: 'zd cached beside 1.5 × ccache and the floor of the CLI',
      measured: middle('zd cached -- cc'),
      limit: 1.5 * middle('ccache cc') + middle('zd ping'),
      sense: 'at most',
      unit: ' ms',
    });
}

function elapsed(command: readonly string[], env: Record<string, string>, cwd: string): number {
  const started = performance.now();
  const ran = Bun.spawnSync([...command], { env, cwd, stdin: 'ignore' });
  const millis = performance.now() - started;
  if (!ran.success) throw new Error(`${command.join(' ')}: exit ${ran.exitCode}, ${ran.stderr}`);
  return millis;
}
