import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Fence, LockName } from './schema';

export const breakLock = defineOp({
  name: 'lock_break',
  summary: 'End the grants of a lock by force, or one of them by its fencing number.',
  description: 'Its holder is not stopped: it learns of it at its next renewal or release. The first in line gets the lock at once.',
  scope: 'lock.admin',
  effect: 'destructive',
  input: strict({ name: LockName, fence: t.Optional(Fence) }),
  output: strict({ name: t.String(), broken: t.Integer({ minimum: 0 }), fences: t.Array(Fence) }),
  errors: [],
  cli: { path: ['lock', 'break'], positional: ['name'], essential: 'broken' },
  example: { name: 'deploy' },
  handle: async ({ locks }, { name, fence }) => {
    const broken = await locks.break(name, fence);
    return { name, broken: broken.length, fences: broken.map((holder) => holder.fence) };
  },
});
