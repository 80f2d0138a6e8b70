import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { GRANTED, LockName, WISH, wireGrant, wishOf } from './schema';

export const tryAcquire = defineOp({
  name: 'lock_try_acquire',
  summary: 'Acquire a named lock now or not at all.',
  description: 'As `lock_acquire` without waiting. It never overtakes those who wait: while somebody does, it is `busy`.',
  scope: 'lock.write',
  effect: 'write',
  input: strict({ name: LockName, ...WISH }),
  output: strict(GRANTED),
  errors: ['busy', 'conflict', 'too_many', 'no_such_process'],
  example: { name: 'nightly', ttl_secs: 30 },
  handle: async ({ locks }, input, call) => {
    if (input.shared && input.slots !== undefined) throw call.fail('bad_args', '/slots: cannot be combined with shared', { path: '/slots' });
    const holder = await locks.acquire({ ...wishOf(input), timeoutMs: 0, since: null }, () => call.signal);
    return wireGrant(locks, input.name, holder);
  },
});
