import type { Clock } from '../../kernel/clock';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
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
  /** Messages are accepted faster than they can be handed over. */
  flooded(): boolean;
  /** Rows that have ended, for who waits and for the sum of bytes. */
  ended(row: OutboxRow): void;
  readonly counters: { acks: number; strayAcks: number };
}
