import { closeSync, openSync } from 'node:fs';
import type { Env } from './paths';

/** Arguments that make this program run once more: a compiled binary is its own entry, a source run needs the script. */
export function ownCommand(args: readonly string[]): string[] {
  return Bun.isStandaloneExecutable ? [process.execPath, ...args] : [process.execPath, Bun.main, ...args];
}

/**
 * Whether systemd or launchd started this very process. Children inherit most of what they set, so the process itself
 * must be meant (systemd.exec(5), `$SYSTEMD_EXEC_PID`; launchd is the parent of what it starts).
 */
export const underManager = (env: Env): boolean =>
  env.SYSTEMD_EXEC_PID === String(process.pid) || (process.platform === 'darwin' && process.ppid === 1 && (env.XPC_SERVICE_NAME ?? '0') !== '0');

/**
 * Starts a daemon in place of this one, whose lock and files are free by now. In the background the new process is on
 * its own and this one ends; in the foreground it keeps the terminal, so this one waits for it and hands on signals.
 */
export async function becomeReplacement(foreground: boolean, env: Env): Promise<number> {
  const command = ownCommand(process.argv.slice(2));
  if (!foreground) {
    Bun.spawn(command, { env: { ...env }, cwd: '/', stdio: ['ignore', 'ignore', 'ignore'], detached: true }).unref();
    return 0;
  }
  const child = Bun.spawn(command, { env: { ...env }, stdio: ['inherit', 'inherit', 'inherit'] });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  return child.exited;
}

/**
 * Points stdin and stdout at nothing, so that a daemon does not hold the pipe of a shell that waits for its end. The
 * system gives the lowest free number, which is the one just closed.
 */
export function closeStdio(): void {
  for (const fd of [0, 1]) {
    try {
      closeSync(fd);
    } catch {
      // It was closed already; the open below fills it all the same.
    }
    openSync('/dev/null', 'r+');
  }
}
