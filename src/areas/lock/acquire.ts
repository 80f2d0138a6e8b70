import { millis } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, strict, t } from '../../kernel/schema';
import { GRANTED, LockName, WISH, wireGrant, wishOf } from './schema';

export const acquire = defineOp({
  name: 'lock_acquire',
  summary: 'Acquire a named lock, waiting in line for it if told to.',
  description:
    'Exclusive unless `shared` or `slots` is given. Waiters are served in the order in which they came; one whose connection closes leaves the line. ' +
    'A grant lasts until it is released, until its process ends (`pid`) or until its lease runs out (`ttl_secs`), whichever comes first. ' +
    'Leases are measured on a clock that does not jump; a restart of the daemon leaves each at least 30 seconds (or its whole length, if that is less). ' +
    'Hand `fence` to what the lock protects, so that it can refuse whoever comes with a smaller one.',
  scope: 'lock.write',
  effect: 'write',
  waits: true,
  input: strict({
    name: LockName,
    timeout_secs: t.Optional(
      t.Number({ minimum: 0, maximum: 3_153_600_000, default: 0, description: 'How long to wait; 0 does not wait and fails with `busy`.' }),
    ),
    ...WISH,
    since_ns: t.Optional({
      ...Nanos,
      description: 'When this request first asked, if a restart of the daemon sent it away: those that come back line up by it.',
    }),
  }),
  output: strict(GRANTED),
  errors: ['busy', 'timeout', 'conflict', 'too_many', 'no_such_process'],
  example: { name: 'deploy', timeout_secs: 5, ttl_secs: 30, owner: 'ci run 17' },
  handle: async ({ locks }, input, call) => {
    if (input.shared && input.slots !== undefined) throw call.fail('bad_args', '/slots: cannot be combined with shared', { path: '/slots' });
    const since = input.since_ns === undefined ? null : millis(input.since_ns);
    const holder = await locks.acquire({ ...wishOf(input), timeoutMs: (input.timeout_secs ?? 0) * 1000, since }, () => call.signal);
    return wireGrant(locks, input.name, holder);
  },
});
