import { jobPort } from '../areas/schedule/jobs';
import { Scheduler } from '../areas/schedule/scheduler';
import { ScheduleStore, type ScheduleParts } from '../areas/schedule/store';
import { systemZone } from '../areas/schedule/zone';
import type { Services } from '../kernel/context';
import type { LiveConfig } from './live';

type Needs = Omit<ScheduleParts, 'jobs' | 'limits' | 'zone'> & { readonly jobs: Services['jobs']; readonly config: LiveConfig };

/** The schedules, and what acts on them when they are due. */
export function composeSchedules({ jobs, config, ...parts }: Needs): { readonly schedules: ScheduleStore; readonly scheduler: Scheduler } {
  const limits = () => ({
    maxCount: config.value('schedule.max_count'),
    historyRuns: config.value('schedule.history_runs'),
    keepEndedSecs: config.value('schedule.keep_ended_secs'),
  });
  const schedules = new ScheduleStore({ ...parts, jobs: jobPort(jobs), limits, zone: systemZone });
  return { schedules, scheduler: new Scheduler(schedules) };
}
