import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { Id, RunItem, runItem } from './schema';

export const history = defineOp({
  name: 'schedule_history',
  summary: 'List the runs of a schedule, newest first: their jobs and outcomes, and what was skipped or missed and why.',
  description:
    'The newest `schedule.history_runs` runs are kept. When `next_before` is not null, the next page is the same call with `before` set to it.',
  scope: 'schedule.read',
  effect: 'read',
  input: strict({
    id: Id,
    limit: t.Optional(t.Integer({ minimum: 1, maximum: 1000, default: 20 })),
    before: t.Optional(t.Integer({ minimum: 1, description: 'Only runs with a smaller number.' })),
  }),
  output: strict({ schedule_id: Id, runs: t.Array(RunItem), count: t.Integer({ minimum: 0 }), next_before: nullable(t.Integer()) }),
  errors: ['no_such_schedule'],
  cli: {
    path: ['schedule', 'history'],
    positional: ['id'],
    table: {
      rows: 'runs',
      columns: ['run_id', 'scheduled_at_ns', 'cause', 'state', 'exit_code', 'job_id', 'finished_at_ns', 'reason'],
      relative: ['scheduled_at_ns', 'finished_at_ns'],
    },
  },
  example: { id: 1 },
  exampleSetup: [{ op: 'schedule_add', input: { cron_expr: '@hourly', command: ['true'] } }],
  handle: ({ schedules }, { id, limit = 20, before }) => {
    const runs = schedules.history(id, limit + 1, before ?? null);
    const page = runs.slice(0, limit);
    return { schedule_id: id, runs: page.map(runItem), count: page.length, next_before: runs.length > limit ? page.at(-1)!.id : null };
  },
});
