import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { GraceMs, JobId } from './schema';

export const restart = defineOp({
  name: 'job_restart',
  summary: 'Run the command of a job again, as a new job.',
  description:
    'A job that is not over is cancelled first. The new one has its own number and output; `restart_of` names the old one, which stays as it is. `after` is not repeated.',
  scope: 'job.control',
  effect: 'destructive',
  input: strict({ id: JobId, grace_ms: t.Optional(GraceMs) }),
  output: strict({ job_id: JobId, restart_of: JobId }),
  errors: ['no_job', 'submit_failed', 'too_many'],
  cli: { path: ['job', 'restart'], positional: ['id'], rename: { grace_ms: 'grace' }, essential: 'job_id' },
  example: { id: 1 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['true'], cwd: '/' } }],
  handle: async ({ jobs }, { id, grace_ms = 5000 }, call) => {
    const { jobId } = await jobs.restart(id, grace_ms, call.caller);
    return { job_id: jobId, restart_of: id };
  },
});
