import type { Findings } from './report';
import type { Server } from './servers';

/** What every part of the benchmark works with. */
export interface Bench {
  readonly binary: string;
  readonly zd: Server;
  readonly redis: Server | null;
  /** Rounds of which the median counts. */
  readonly rounds: number;
  /** Measured time of one load, in milliseconds. */
  readonly millis: number;
  readonly found: Findings;
}
