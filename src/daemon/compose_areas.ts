import type { Services } from '../kernel/context';
import { composeArtifacts } from './areas/artifact';
import { composeCache } from './areas/cache';
import { composeDoors } from './areas/event';
import { composeJobs } from './areas/job';
import { composeLocks } from './areas/lock';
import { composeRuntime } from './areas/runtime';
import { composeSchedules } from './areas/schedule';
import { composeWatch } from './areas/watch';
import type { Ground } from './ground';

/** What the daemon itself brings, beside the areas. */
type Own = 'clock' | 'log' | 'events' | 'config' | 'metrics' | 'lifecycle' | 'logFiles' | 'parts';

/** Builds every area on the same ground, in the order in which they need each other. */
export function composeAreas(ground: Ground): Omit<Services, Own> {
  const jobs = composeJobs(ground);
  return {
    ...composeDoors(ground),
    cache: composeCache(ground),
    artifacts: composeArtifacts(ground),
    locks: composeLocks(ground),
    jobs,
    schedules: composeSchedules(ground, jobs),
    watch: composeWatch(ground),
    runtime: composeRuntime(ground),
  };
}
