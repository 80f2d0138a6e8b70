import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { isOver } from './model';
import { JobId, StateName } from './schema';

export const wait = defineOp({
  name: 'job_wait',
  summary: 'Wait until a job is over.',
  description: 'With `timeout_ms` it answers `timed_out: true` when that ran out first, with the state the job has then.',
  scope: 'job.read',
  effect: 'read',
  waits: true,
  input: strict({ id: JobId, timeout_ms: t.Optional(t.Integer({ minimum: 0, maximum: 2_147_483_647, description: 'For ever by default.' })) }),
  output: strict({ job_id: JobId, state: StateName, exit_code: nullable(t.Integer()), error: nullable(t.String()), timed_out: t.Boolean() }),
  errors: ['no_job'],
  cli: { path: ['job', 'wait'], positional: ['id'], essential: 'state' },
  example: { id: 1, timeout_ms: 10 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['true'], cwd: '/' } }],
  handle: async ({ jobs }, { id, timeout_ms }, call) => {
    const row = await jobs.wait(id, timeout_ms, call.signal);
    return { job_id: id, state: row.state, exit_code: row.exit_code, error: row.error, timed_out: !isOver(row.state) };
  },
});
