import type { Clock } from '../../kernel/clock';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import type { Pace } from './flood';
import type { Link } from './link';
import type { OutboxRow } from './outbox_row';
import type { OutboxStore } from './outbox_store';
import type { Keys, Sealer } from './sealer';

/** What a drain works with. */
export interface DrainOptions {
  readonly mesh: string;
  readonly db: Db;
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly log: Logger;
  sealer(): Sealer;
  /** The link a message goes over and the keys it goes out under; null when its session is not connected. */
  route(row: OutboxRow): { readonly link: Link; readonly keys: Keys } | null;
  link(): Link;
  ackMs(): number;
  keepBodies(): boolean;
  /** How fast it may go while many are accepted; null: as fast as it can. */
  pace(): Pace | null;
  /** Rows that have ended, for who waits and for the sum of bytes. */
  ended(row: OutboxRow): void;
  readonly counters: { acks: number; strayAcks: number };
}
