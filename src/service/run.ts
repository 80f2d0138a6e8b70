import type { Env } from '../daemon/paths';
import type { Ran, Run } from './manager';

/** Longer than any stop a unit of ours allows, so a slow stop is reported by the manager and not cut off here. */
const LIMIT_MS = 60_000;

/** Runs argv without a shell, in the C locale because replies are read, and never with an answer from the terminal. */
export const runner =
  (env: Env): Run =>
  async (argv): Promise<Ran> => {
    const program = Bun.which(argv[0] ?? '', { PATH: env.PATH ?? '/usr/bin:/bin' });
    if (!program) return { code: 127, stdout: '', stderr: `${argv[0]} is not installed` };
    const child = Bun.spawn([program, ...argv.slice(1)], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'pipe',
      env: { ...env, LC_ALL: 'C', SYSTEMD_PAGER: '', SYSTEMD_COLORS: '0' },
      timeout: LIMIT_MS,
    });
    const [stdout, stderr, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (child.signalCode) return { code: 124, stdout, stderr: stderr || `${argv.join(' ')}: no answer in ${LIMIT_MS / 1000} s` };
    return { code, stdout, stderr };
  };
