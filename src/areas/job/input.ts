import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { JobId } from './schema';

export const input = defineOp({
  name: 'job_input',
  summary: 'Type into the terminal of a job.',
  description: 'Blanks and `=` in `bytes_b64` do not count. `bytes_written` is 0 when the job has not begun or is over.',
  scope: 'job.control',
  effect: 'write',
  input: strict({ id: JobId, bytes_b64: t.String({ maxLength: 1_048_576, description: 'The bytes in base64.' }) }),
  output: strict({ job_id: JobId, bytes_written: t.Integer({ minimum: 0 }) }),
  errors: ['no_job', 'not_pty'],
  cli: { path: ['job', 'input'], positional: ['id', 'bytes_b64'], essential: 'bytes_written' },
  example: { id: 1, bytes_b64: 'aGVsbG8K' },
  exampleSetup: [{ op: 'job_submit', input: { command: ['cat'], cwd: '/', pty: true } }],
  handle: ({ jobs }, { id, bytes_b64 }, call) => {
    const text = bytes_b64.replace(/[\s=]/g, '');
    if (!/^[A-Za-z0-9+/]*$/.test(text) || text.length % 4 === 1) throw call.fail('bad_args', '/bytes_b64: is not base64', { path: '/bytes_b64' });
    return { job_id: id, bytes_written: jobs.input(id, Buffer.from(text, 'base64')) };
  },
});
