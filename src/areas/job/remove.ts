import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JobId } from './schema';

export const remove = defineOp({
  name: 'job_remove',
  summary: 'Forget a job that is over, with its output.',
  scope: 'job.write',
  effect: 'destructive',
  input: strict({ id: JobId }),
  output: strict({ job_id: JobId, removed: t.Boolean() }),
  errors: ['no_job', 'conflict'],
  cli: { path: ['job', 'remove'], positional: ['id'], essential: null },
  example: { id: 1 },
  exampleSetup: [
    { op: 'job_submit', input: { command: ['true'], cwd: '/' } },
    { op: 'job_cancel', input: { id: 1 } },
  ],
  handle: async ({ jobs }, { id }) => {
    await jobs.remove(id);
    return { job_id: id, removed: true };
  },
});
