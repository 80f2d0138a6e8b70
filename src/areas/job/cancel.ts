import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { leftoversOf } from './row';
import { GraceMs, JobId, Leftover, StateName } from './schema';

export const cancel = defineOp({
  name: 'job_cancel',
  summary: 'End a job and wait for it: TERM, a grace, KILL, until none of its processes is left.',
  description: 'A job that waits is `cancelled` at once. One that exits with 0 on TERM is `exited`. `leftovers` names what could not be ended.',
  scope: 'job.control',
  effect: 'destructive',
  waits: true,
  input: strict({ id: JobId, grace_ms: t.Optional(GraceMs) }),
  output: strict({ job_id: JobId, state: StateName, exit_code: nullable(t.Integer()), leftovers: t.Array(Leftover) }),
  errors: ['no_job'],
  cli: { path: ['job', 'cancel'], positional: ['id'], rename: { grace_ms: 'grace' }, essential: 'state' },
  example: { id: 1, grace_ms: 1000 },
  exampleSetup: [{ op: 'job_submit', input: { command: ['sleep', '100'], cwd: '/' } }],
  handle: async ({ jobs }, { id, grace_ms = 5000 }) => {
    const row = await jobs.cancel(id, grace_ms);
    return { job_id: id, state: row.state, exit_code: row.exit_code, leftovers: leftoversOf(row) };
  },
});
