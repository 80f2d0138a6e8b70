import type { Clock } from '../kernel/clock';
import type { EventService } from '../kernel/context';
import type { Logger } from '../kernel/log';
import type { Op } from '../kernel/op';
import type { Parts } from '../kernel/part';
import type { Db } from '../storage/db';
import type { LiveConfig } from './live';
import type { Paths } from './paths';

/** What an area is built on. What it puts on the stack is closed last, after the listeners, in reverse. */
export interface Ground {
  readonly stack: AsyncDisposableStack;
  readonly paths: Paths;
  readonly config: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly zdDb: Db;
  readonly cacheDb: Db;
  readonly events: EventService;
  readonly parts: Parts;
  /** What an operation of zd does; null for a name that is none. */
  readonly effectOf: (op: string) => Op['effect'] | null;
  /** Runs before the listeners open, in the order of the calls. */
  onStart(run: () => void | Promise<void>): void;
  /** Runs when the daemon stops, while calls in flight are still answered, in the order of the calls: to let go of those who wait. */
  onStop(run: () => void | Promise<void>): void;
}
