import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Id } from './schema';

export const remove = defineOp({
  name: 'schedule_remove',
  summary: 'Delete a schedule and its history; jobs that run go on.',
  description: 'One that does not exist is no error: `removed` is false then.',
  scope: 'schedule.write',
  effect: 'destructive',
  input: strict({ id: Id }),
  output: strict({ schedule_id: Id, removed: t.Boolean() }),
  errors: [],
  cli: { path: ['schedule', 'remove'], positional: ['id'], essential: 'removed' },
  example: { id: 1 },
  handle: async ({ schedules }, { id }) => ({ schedule_id: id, removed: await schedules.remove(id) }),
});
