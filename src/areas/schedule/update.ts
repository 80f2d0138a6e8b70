import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { Id, outcome, Outcome, UpdateInput } from './schema';

export const update = defineOp({
  name: 'schedule_update',
  summary: 'Change a schedule; what is not named stays as it is.',
  description:
    'Null clears a field. When the times change, the next one is counted from now; a schedule that is over begins anew then, a disabled one stays so. Runs that have begun go on as they are.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict({ id: Id, ...UpdateInput }),
  output: strict(Outcome),
  errors: ['no_such_schedule', 'bad_cron', 'too_large'],
  cli: {
    path: ['schedule', 'update'],
    positional: ['id'],
    rest: 'command',
    rename: {
      cron_expr: 'cron',
      fire_at_unix_secs: 'at',
      anchor_unix_secs: 'anchor',
      jitter_secs: 'jitter',
      tags: 'tag',
      expires_at_unix_secs: 'expires-at',
    },
    essential: 'schedule_id',
  },
  example: { id: 1, every: '15m' },
  exampleSetup: [{ op: 'schedule_add', input: { cron_expr: '@hourly', command: ['true'] } }],
  handle: async ({ schedules }, { id, ...input }, call) => {
    call.need('job.write');
    return outcome(await schedules.update(id, input));
  },
});
