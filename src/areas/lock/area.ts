import type { Area } from '../../kernel/registry';
import { acquire } from './acquire';
import { breakLock } from './break';
import { list } from './list';
import { release } from './release';
import { renew } from './renew';
import { tryAcquire } from './try_acquire';
import { waitInfo } from './wait_info';

export const lockArea: Area = {
  name: 'lock',
  summary: 'Named locks with leases, process binding, fencing numbers and a fair queue; shared, exclusive and semaphores.',
  ops: [acquire, tryAcquire, renew, release, list, breakLock, waitInfo],
};
