import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { Id, runItem, RunItem } from './schema';

export const runNow = defineOp({
  name: 'schedule_run_now',
  summary: 'Run the command of a schedule now, beside its times.',
  description: 'Also of one that is disabled. Its overlap policy holds: where that leaves a run out, the answer is `busy`.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict({ id: Id }),
  output: strict({ schedule_id: Id, ...RunItem.properties }),
  errors: ['no_such_schedule', 'busy'],
  cli: { path: ['schedule', 'run-now'], positional: ['id'], essential: 'job_id' },
  example: { id: 1 },
  exampleSetup: [{ op: 'schedule_add', input: { cron_expr: '@hourly', command: ['true'], overlap: 'allow' } }],
  handle: async ({ schedules }, { id }) => ({ schedule_id: id, ...runItem(await schedules.runNow(id)) }),
});
