import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JobId } from './schema';

const Size = t.Integer({ minimum: 1, maximum: 65_535 });

export const resize = defineOp({
  name: 'job_resize',
  summary: 'Set the size of the terminal of a job.',
  scope: 'job.control',
  effect: 'write',
  input: strict({ id: JobId, rows: Size, cols: Size }),
  output: strict({ job_id: JobId, rows: Size, cols: Size }),
  errors: ['no_job', 'not_pty'],
  cli: { path: ['job', 'resize'], positional: ['id', 'rows', 'cols'], essential: null },
  example: { id: 1, rows: 40, cols: 120 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['cat'], cwd: '/', pty: true } }],
  handle: async ({ jobs }, { id, rows, cols }) => {
    await jobs.resize(id, rows, cols);
    return { job_id: id, rows, cols };
  },
});
