import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { onceAt } from './draft';
import { Command, OnceInput, outcome, Outcome, Seconds } from './schema';

export const addOnce = defineOp({
  name: 'schedule_add_once',
  summary: 'Run a command once, at a given time.',
  description:
    'The time is one of `fire_at_unix_secs`, `at` and `delay`. When zd is down at that time, `catch_up` decides: `skip` gives the run up, everything else makes up for it. It stays listed for a while after its run.',
  scope: 'schedule.write',
  effect: 'write',
  input: strict({
    fire_at_unix_secs: t.Optional(Seconds('Seconds since 1970; it must lie in the future.')),
    at: t.Optional(
      t.String({ maxLength: 40, description: 'A time such as 2027-01-31T09:00, in the zone of the system, or with Z or an offset such as +02:00.' }),
    ),
    delay: t.Optional(t.String({ maxLength: 40, description: 'How long from now, such as 90s, 10m or 1d12h.' })),
    command: Command,
    ...OnceInput,
  }),
  output: strict(Outcome),
  errors: ['too_large', 'too_many'],
  cli: {
    path: ['schedule', 'once'],
    rest: 'command',
    rename: { fire_at_unix_secs: 'at-secs', delay: 'in', tags: 'tag' },
    essential: 'schedule_id',
  },
  example: { fire_at_unix_secs: 4_102_444_800, command: ['say', 'happy new century'] },
  handle: async ({ schedules, clock }, { fire_at_unix_secs, at, delay, ...input }, call) => {
    call.need('job.write');
    return outcome(await schedules.add({ ...input, fire_at_unix_secs: onceAt({ fire_at_unix_secs, at, delay }, clock.now()) }));
  },
});
