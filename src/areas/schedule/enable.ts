import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { Id, outcome, Outcome } from './schema';

export const enable = defineOp({
  name: 'schedule_enable',
  summary: 'Let a schedule run again, from its next time on.',
  description: 'Times that passed while it was disabled do not count.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict({ id: Id }),
  output: strict(Outcome),
  errors: ['no_such_schedule', 'conflict'],
  cli: { path: ['schedule', 'enable'], positional: ['id'], essential: 'schedule_id' },
  example: { id: 1 },
  exampleSetup: [{ op: 'schedule_add', input: { cron_expr: '@hourly', command: ['true'] } }],
  handle: async ({ schedules }, { id }) => outcome(await schedules.setEnabled(id, true)),
});
