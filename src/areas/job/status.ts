import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { JobId, Snapshot } from './schema';
import { view } from './view';

export const status = defineOp({
  name: 'job_status',
  summary: 'Show one job.',
  scope: 'job.read',
  effect: 'read',
  input: strict({ id: JobId }),
  output: strict({ job: Snapshot }),
  errors: ['no_job'],
  cli: { path: ['job', 'status'], positional: ['id'], essential: 'job' },
  example: { id: 1 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['true'], cwd: '/' } }],
  handle: ({ jobs, clock }, { id }) => {
    const row = jobs.get(id);
    return { job: view(row, row, jobs, clock.now()) };
  },
});
