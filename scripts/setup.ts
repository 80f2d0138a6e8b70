import { join } from 'node:path';

/**
 * Brings node_modules to what the lock file says. It imports only what Bun has built in, because it runs before anything is installed,
 * and does nothing but compare when all is there. The bun that runs this installs, so no other one needs to be on the PATH.
 */
export function install(): void {
  const ran = Bun.spawnSync([process.execPath, 'install', '--frozen-lockfile'], {
    cwd: join(import.meta.dir, '..'),
    stdout: 'ignore',
    stderr: 'pipe',
  });
  if (!ran.success) {
    process.stderr.write(ran.stderr);
    throw new Error('bun install failed: the lines above say why');
  }
}

/** Runs one step with its output in view; false when it failed. */
export function step(command: readonly string[], env: Readonly<Record<string, string | undefined>> = process.env): boolean {
  return Bun.spawnSync([process.execPath, ...command], { cwd: join(import.meta.dir, '..'), env, stdio: ['ignore', 'inherit', 'inherit'] }).success;
}

if (import.meta.main) install();
