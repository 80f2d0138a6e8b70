import { nanos } from '../../kernel/clock';
import { defineOp } from '../../kernel/op';
import { Nanos, nullable, strict, t } from '../../kernel/schema';
import { HELD, LockName, wireHeld, wireTime } from './schema';

export const waitInfo = defineOp({
  name: 'lock_wait_info',
  summary: 'Show who holds a lock and who waits for it, in the order in which they will get it.',
  scope: 'lock.read',
  effect: 'read',
  input: strict({ name: LockName }),
  output: strict({
    name: t.String(),
    held: t.Boolean(),
    holders: t.Array(strict(HELD)),
    waiting: t.Integer({ minimum: 0 }),
    waiters: t.Array(
      strict({
        position: t.Integer({ minimum: 1 }),
        owner: nullable(t.String()),
        holder_pid: t.Integer({ minimum: 0 }),
        shared: t.Boolean(),
        slots: nullable(t.Integer()),
        since_ns: Nanos,
        until_ns: nullable(Nanos),
      }),
      { description: 'At most the first 1000.' },
    ),
  }),
  errors: [],
  cli: {
    path: ['lock', 'waiters'],
    positional: ['name'],
    table: { rows: 'waiters', columns: ['position', 'owner', 'holder_pid', 'shared', 'slots', 'since_ns', 'until_ns'] },
  },
  example: { name: 'deploy' },
  handle: ({ locks, clock }, { name }) => {
    const { holders, queue } = locks.find(name);
    const now = clock.now();
    const wall = (monotonic: number) => Math.max(0, Math.round(now + monotonic - clock.monotonic()));
    return {
      name,
      held: holders.length > 0,
      holders: holders.map((holder) => wireHeld(locks, holder, now)),
      waiting: queue.length,
      waiters: queue.slice(0, 1000).map(({ owner, process, shared, slots, since, deadline }, at) => ({
        ...{ position: at + 1, owner, holder_pid: process?.pid ?? 0, shared, slots },
        since_ns: nanos(wall(since)),
        until_ns: wireTime(deadline === null ? null : wall(deadline)),
      })),
    };
  },
});
