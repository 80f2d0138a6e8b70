import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { parseSignal, SIGNALS } from './model';
import { JobId } from './schema';

export const kill = defineOp({
  name: 'job_kill',
  summary: 'Send a signal to every process of a job.',
  description:
    '`killed` is false when the job is over or has not begun (cancel it then). It does not wait for the end. A paused job hears a signal when it goes on; KILL works at once.',
  scope: 'job.control',
  effect: 'destructive',
  input: strict({ id: JobId, signal: t.Optional(t.String({ minLength: 1, maxLength: 16, default: 'TERM', description: SIGNALS.join(', ') })) }),
  output: strict({ job_id: JobId, killed: t.Boolean() }),
  errors: ['no_job'],
  cli: { path: ['job', 'kill'], positional: ['id', 'signal'], essential: 'killed' },
  example: { id: 1, signal: 'TERM' },
  exampleSetup: [{ op: 'job_submit', input: { command: ['sleep', '100'], cwd: '/' } }],
  handle: async ({ jobs }, { id, signal = 'TERM' }, call) => {
    const parsed = parseSignal(signal);
    if (parsed === null) throw call.fail('bad_args', `/signal: must be one of ${SIGNALS.join(', ')}`, { path: '/signal' });
    return { job_id: id, killed: await jobs.kill(id, parsed) };
  },
});
