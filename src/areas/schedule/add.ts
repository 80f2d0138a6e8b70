import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { AddInput, outcome, Outcome } from './schema';

export const add = defineOp({
  name: 'schedule_add',
  summary: 'Run a command again and again: by a cron expression or at an interval.',
  description:
    'The first run is at the next time, never at once. Cron is the usual dialect: when day of month and day of week are both given, either is enough; a `+` before the day of week asks for both. ' +
    'When the clocks change, a time of day (no `*` and no step in seconds, minutes and hours) that does not exist runs at the first moment after the gap, and one that comes twice runs once; any other expression leaves out the gap and runs in both repeated hours. ' +
    'A clock set back by at most three hours repeats nothing. A run and its job are stored together, so a crash neither loses nor doubles one. ' +
    'It runs programs, so `job.write` is needed too. ' +
    'What happens is told by events of the scope `schedule:ID`: fire, complete, skip, miss, fail and end.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict(AddInput),
  output: strict(Outcome),
  errors: ['bad_cron', 'too_large', 'too_many'],
  cli: {
    path: ['schedule', 'add'],
    rest: 'command',
    rename: { cron_expr: 'cron', anchor_unix_secs: 'anchor', jitter_secs: 'jitter', tags: 'tag', expires_at_unix_secs: 'expires-at' },
    essential: 'schedule_id',
  },
  example: { cron_expr: '30 3 * * *', command: ['backup', '--all'], timezone: 'Europe/Berlin' },
  handle: async ({ schedules }, input, call) => {
    call.need('job.write');
    return outcome(await schedules.add(input));
  },
});
