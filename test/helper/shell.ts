import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Evaluated {
  /** What the shell wrote behind the script, split at NULs. */
  readonly told: readonly string[];
  readonly stderr: string;
  /** Files that are there now and were not. */
  readonly made: readonly string[];
}

/** How a script reaches a shell: line by line from a file, or at once as the argument of `eval`, in a shell for a person too. */
export type Way = 'source' | 'eval' | 'interactive';

const PROGRAMS = { bash: ['bash', '--norc', '--noprofile'], zsh: ['zsh', '-f'], fish: ['fish', '--no-config'] } as const;

/** Evaluates a script in a real shell, in an empty folder of its own, and then asks it things. */
export async function evaluate(
  shell: 'bash' | 'zsh' | 'fish',
  script: string,
  ask: string,
  { way = 'source' as Way, before = '' } = {},
): Promise<Evaluated> {
  const folder = mkdtempSync('/tmp/zd-shell-');
  try {
    const inside = join(folder, 'in');
    const work = join(folder, 'work');
    for (const each of [inside, work]) Bun.spawnSync(['mkdir', each]);
    writeFileSync(join(inside, 'script'), script);
    writeFileSync(join(inside, 'ask'), ask);
    const take = way === 'source' ? '. ../in/script' : shell === 'fish' ? 'eval (cat ../in/script | string collect -N)' : 'eval "$(< ../in/script)"';
    const main = `${before}\n${take}\n\\builtin cd ${work} || exit\n. ../in/ask\n`;
    writeFileSync(join(inside, 'main'), main);
    const child = Bun.spawn([...PROGRAMS[shell], ...(way === 'interactive' ? ['-i', '-c', '. ../in/main'] : ['../in/main'])], {
      cwd: work,
      env: { PATH: '/usr/bin:/bin', HOME: folder, LC_ALL: 'C.UTF-8', TERM: 'dumb', HISTFILE: '' },
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
    });
    const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    return { told: stdout.split('\0').slice(0, -1), stderr, made: readdirSync(work) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
