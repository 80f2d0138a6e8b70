import type { Logger } from '../../kernel/log';
import type { Host } from './host';

/** How long a stop may take to store what was said. */
const SAVE_MS = 2000;
/** After that: how long one agent may take to say goodbye, and all of them together. */
const FAREWELL_MS = 3000;
const FAREWELLS_MS = 5000;

/**
 * What was said is stored, then the viewers are told, who have all of it, and the agents end while the hooks of their sessions run, which have
 * a bound of their own. None holds up the stop beyond its time.
 */
export async function stopHosts<H extends Pick<Host, 'save' | 'farewell'>>(
  hosts: readonly H[],
  tellViewers: () => void,
  hooks: (host: H) => Promise<void>,
  log: Logger,
): Promise<void> {
  await within(SAVE_MS, 'what was said was not stored in time', log, (host) => host.save(), hosts);
  tellViewers();
  await Promise.all([within(FAREWELLS_MS, 'agents did not end in time', log, (host) => host.farewell(FAREWELL_MS), hosts), ...hosts.map(hooks)]);
}

async function within<T>(ms: number, miss: string, log: Logger, work: (each: T) => Promise<void>, all: readonly T[]): Promise<void> {
  const results = await Promise.race([Promise.allSettled(all.map(work)), Bun.sleep(ms).then(() => null)]);
  if (results === null) log.error(`session: ${miss}`, { budget_ms: ms });
  for (const result of results ?? []) if (result.status === 'rejected') log.error('session: a stop was not clean', { error: result.reason });
}
