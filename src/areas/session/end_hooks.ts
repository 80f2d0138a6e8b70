import { inherited } from '../../kernel/environment';
import type { Logger } from '../../kernel/log';
import { findProgram } from '../../kernel/program';
import type { SessionDeps } from './deps';
import type { SessionRow } from './row';

/** How long the hooks of a session's end may take, which run all at once. */
export const HOOKS_MS = 5000;

interface Ending {
  readonly row: Pick<SessionRow, 'session_id' | 'agent' | 'cwd'>;
  readonly reason: 'closed' | 'stopped';
}

/** Runs what the configuration wants done when a session of this agent ends. Never throws; what is late is killed, with all it started. */
export async function runEndHooks(
  { agents, log, environment }: Pick<SessionDeps, 'agents' | 'log' | 'environment'>,
  { row, reason }: Ending,
  ms = HOOKS_MS,
): Promise<void> {
  const hooks = agents().find(({ name }) => name === row.agent)?.endHooks ?? [];
  if (hooks.length === 0) return;
  const about = { ZD_SESSION_ID: row.session_id, ZD_SESSION_AGENT: row.agent, ZD_SESSION_CWD: row.cwd, ZD_SESSION_REASON: reason };
  const env = { ...inherited(process.env), ...environment, ...about };
  await Promise.all(hooks.map((hook) => run(hook, row, env, log, ms)));
}

/** Its arguments are not told, which may hold a secret. */
async function run([name, ...args]: readonly string[], row: Ending['row'], env: Record<string, string>, log: Logger, ms: number): Promise<void> {
  const told = { session: row.session_id, hook: name };
  try {
    const program = findProgram(name!, row.cwd, env.PATH!);
    if (program === null) return log.warn('session: there is no such program for a hook', told);
    const child = Bun.spawn([program, ...args], { cwd: row.cwd, env, stdio: ['ignore', 'ignore', 'ignore'], detached: true });
    const late = setTimeout(() => {
      log.warn('session: a hook took too long and was ended', { ...told, budget_ms: ms });
      // It leads a group of its own.
      process.kill(-child.pid, 'SIGKILL');
    }, ms);
    const code = await child.exited;
    clearTimeout(late);
    if (code !== 0) log.warn('session: a hook failed', { ...told, exit_code: code });
  } catch (error) {
    log.warn('session: a hook could not be run', { ...told, error });
  }
}
