import { jobPort } from '../../areas/schedule/jobs';
import { Scheduler } from '../../areas/schedule/scheduler';
import { ScheduleStore } from '../../areas/schedule/store';
import { systemZone } from '../../areas/schedule/zone';
import type { Services } from '../../kernel/context';
import type { Ground } from '../ground';

/** The schedules, and what acts on them when they are due. */
export function composeSchedules({ stack, zdDb, events, clock, log, config, parts }: Ground, jobs: Services['jobs']): ScheduleStore {
  const limits = () => ({
    maxCount: config.value('schedule.max_count'),
    historyRuns: config.value('schedule.history_runs'),
    keepEndedSecs: config.value('schedule.keep_ended_secs'),
  });
  const schedules = new ScheduleStore({ db: zdDb, clock, log, events, jobs: jobPort(jobs), limits, zone: systemZone });
  const scheduler = stack.adopt(new Scheduler(schedules), (each) => each.stop());
  parts.add(scheduler.part);
  return schedules;
}
