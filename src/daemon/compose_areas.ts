import { DefinedNames } from '../areas/definitions/names';
import type { Services } from '../kernel/context';
import { composeArtifacts } from './areas/artifact';
import { composeCache } from './areas/cache';
import { composeDefinitions } from './areas/definitions';
import { composeDoors } from './areas/event';
import { composeArchives, composeCatalogs, composeExports } from './areas/export';
import { composeJobs } from './areas/job';
import { composeLocks } from './areas/lock';
import { composeRuntime } from './areas/runtime';
import { composeMesh } from './areas/mesh';
import { composeSchedules } from './areas/schedule';
import { composeSnapshots } from './areas/snapshot';
import { composeHistory } from './areas/history';
import { composeLongCommands, composeShells } from './areas/shell';
import { composeSessions } from './areas/session';
import { composeWatch } from './areas/watch';
import type { Ground } from './ground';

/** What the daemon itself brings, beside the areas. */
type Own = 'clock' | 'log' | 'events' | 'config' | 'metrics' | 'lifecycle' | 'logFiles' | 'parts';

/** Builds every area on the same ground, in the order in which they need each other. */
export function composeAreas(ground: Ground): Omit<Services, Own> {
  const jobs = composeJobs(ground);
  const definitions = composeDefinitions(ground);
  const snapshots = composeSnapshots(ground, definitions);
  const runtime = composeRuntime(ground);
  const shells = composeShells(ground);
  const history = composeHistory(ground, new DefinedNames(definitions.table), (...told) => void shells.shells.broadcast(...told));
  composeLongCommands(ground, shells.shells, (line) => history.shown(line));
  return {
    ...composeDoors(ground),
    cache: composeCache(ground),
    artifacts: composeArtifacts(ground),
    locks: composeLocks(ground),
    jobs,
    schedules: composeSchedules(ground, jobs),
    watch: composeWatch(ground),
    runtime,
    definitions,
    snapshots,
    archives: composeArchives(ground),
    catalogs: composeCatalogs(ground, definitions, snapshots),
    exports: composeExports(ground, { definitions, history, shells: shells.shells }),
    ...shells,
    history,
    mesh: composeMesh(ground),
    sessions: composeSessions(ground, runtime.permissions, jobs),
  };
}
