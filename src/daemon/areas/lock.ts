import { Locks } from '../../areas/lock/locks';
import { LockStore } from '../../areas/lock/store';
import type { Ground } from '../ground';

export function composeLocks({ stack, zdDb, events, clock, config, onStart, onStop }: Ground): Locks {
  const limits = () => ({
    defaultTtlMs: config.value('lock.default_ttl_secs') * 1000,
    maxEntries: config.value('lock.max_entries'),
  });
  const locks = stack.adopt(new Locks(new LockStore(zdDb, events), clock, limits), (each) => each.stop());
  onStart(() => locks.start());
  onStop(() => locks.stop());
  return locks;
}
