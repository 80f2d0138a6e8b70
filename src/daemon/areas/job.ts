import { Jobs } from '../../areas/job/jobs';
import type { Ground } from '../ground';

export function composeJobs({ stack, zdDb, events, clock, log, paths, config, onStart, onStop }: Ground): Jobs {
  const limits = () => ({
    parallel: config.value('job.parallel'),
    maxQueued: config.value('job.max_queued'),
    keepOutputBytes: config.value('job.keep_output_bytes'),
    keep: { count: config.value('job.keep_ended'), secs: config.value('job.keep_secs') },
  });
  const jobs = stack.adopt(new Jobs(zdDb, clock, log, events, paths.jobsDir, limits), (each) => each.stop());
  onStart(() => jobs.start());
  onStop(() => jobs.stop());
  return jobs;
}
