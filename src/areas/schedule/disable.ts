import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { Id, outcome, Outcome } from './schema';

export const disable = defineOp({
  name: 'schedule_disable',
  summary: 'Keep a schedule from running, without losing it.',
  description: 'Runs that wait for an earlier one are given up; jobs that run go on.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict({ id: Id }),
  output: strict(Outcome),
  errors: ['no_such_schedule'],
  cli: { path: ['schedule', 'disable'], positional: ['id'], essential: 'schedule_id' },
  example: { id: 1 },
  exampleSetup: [{ op: 'schedule_add', input: { cron_expr: '@hourly', command: ['true'] } }],
  handle: async ({ schedules }, { id }) => outcome(await schedules.setEnabled(id, false)),
});
