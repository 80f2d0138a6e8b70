import { isAlive } from '../../kernel/process';
import type { SessionDeps } from './deps';
import { interrupt } from './turn_store';

/** Ends what an earlier run left open: turns are interrupted, what they asked is expired and never allowed, agents that outlived it are ended. */
export async function recover(deps: SessionDeps): Promise<void> {
  const { db, table, log } = deps;
  const turns = table.openTurns();
  const agents = table.withProcess();
  if (turns.length === 0 && agents.length === 0) return;
  for (const { agent_pid: pid, agent_start: start, session_id } of agents) {
    if (pid === null || start === null || !isAlive({ pid, start })) continue;
    try {
      // It leads a group of its own, so this reaches what it started too.
      process.kill(-pid, 'SIGKILL');
      log.info('session: an agent of an earlier run was ended', { session: session_id, pid });
    } catch {
      // It ended by itself just now.
    }
  }
  await db.write(() => {
    for (const { session, turn } of turns) interrupt(deps, table.at(session)!, turn, 'zd ended during this turn.');
    for (const { key } of agents) table.setProcess(key, null);
  }, 'full');
}
