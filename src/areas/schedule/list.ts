import { grants } from '../../kernel/caller';
import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ScheduleItem, scheduleItem } from './schema';

export const list = defineOp({
  name: 'schedule_list',
  summary: 'List the schedules: when each runs next, when it ran last, and how that ended.',
  scope: 'schedule.read',
  effect: 'read',
  input: strict({ enabled_only: t.Optional(t.Boolean({ default: false, description: 'Leave out those that are disabled or over.' })) }),
  output: strict({ schedules: t.Array(ScheduleItem), count: t.Integer({ minimum: 0 }) }),
  errors: [],
  cli: {
    path: ['schedule', 'list'],
    rename: { enabled_only: 'enabled' },
    table: {
      rows: 'schedules',
      columns: ['id', 'name', 'when', 'enabled', 'next_run_ns', 'last_run_ns', 'last_state', 'command'],
      relative: ['next_run_ns', 'last_run_ns'],
      commandLine: ['command'],
    },
  },
  example: {},
  handle: ({ schedules }, { enabled_only = false }, { caller }) => {
    const showEnv = grants(caller.scopes, 'schedule.write');
    const rows = schedules.list(enabled_only).map(({ schedule, last }) => scheduleItem(schedule, last, showEnv));
    return { schedules: rows, count: rows.length };
  },
});
