import { readdirSync } from 'node:fs';
import { PENDING, REPLACED_PREFIX, type Home } from '../areas/export/archive/layout';
import type { Logger } from '../kernel/log';
import type { Paths } from './paths';
import { basename } from 'node:path';

/** The home as a backup sees it. */
export const homeOf = (paths: Paths): Home => ({
  data: paths.dataDir,
  overridesFile: paths.overridesFile,
  keys: [basename(paths.snapshotKey)],
});

/**
 * Before anything of a home is opened: puts a backup in place that waits for it, and takes away what a crash left of one. Only under the lock
 * of the home.
 */
export async function settleHome(paths: Paths, log: Pick<Logger, 'info'>, now: number): Promise<void> {
  const waits = (name: string) => name === PENDING || name.startsWith(REPLACED_PREFIX) || name.startsWith('.unfinished-');
  if (!readdirSync(paths.dataDir).some(waits)) return;
  const { isPending, putInPlace, tidy } = await import('../areas/export/archive/place');
  if (isPending(paths.dataDir)) log.info('a backup was put in place', putInPlace(homeOf(paths), now));
  tidy(paths.dataDir);
}
