import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { JobId, StateName } from './schema';

export const resume = defineOp({
  name: 'job_resume',
  summary: 'Let a paused job go on.',
  scope: 'job.control',
  effect: 'write',
  input: strict({ id: JobId }),
  output: strict({ job_id: JobId, state: StateName }),
  errors: ['no_job'],
  cli: { path: ['job', 'resume'], positional: ['id'], essential: 'state' },
  example: { id: 1 },
  exampleSetup: [
    { op: 'job_submit', input: { command: ['sleep', '100'], cwd: '/' } },
    { op: 'job_pause', input: { id: 1 } },
  ],
  handle: async ({ jobs }, { id }) => ({ job_id: id, state: (await jobs.resume(id)).state }),
});
