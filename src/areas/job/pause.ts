import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { JobId, StateName } from './schema';

export const pause = defineOp({
  name: 'job_pause',
  summary: 'Stop a running job where it is, or hold one that waits.',
  description: 'A paused job keeps its place in the group, and its time limit runs on. One that is over stays as it is.',
  scope: 'job.control',
  effect: 'write',
  input: strict({ id: JobId }),
  output: strict({ job_id: JobId, state: StateName }),
  errors: ['no_job'],
  cli: { path: ['job', 'pause'], positional: ['id'], essential: 'state' },
  example: { id: 1 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['sleep', '100'], cwd: '/' } }],
  handle: async ({ jobs }, { id }) => ({ job_id: id, state: (await jobs.pause(id)).state }),
});
