import type { Db } from '../../storage/db';
import { join, weightOf } from './join';
import type { SessionLog } from './log';
import type { Draft, SessionRef } from './row';

/** Pieces that come within so many milliseconds are joined. The first after a pause is stored at once, so nobody waits for it. */
const JOIN_MS = 40;
/** What comes together sooner than that is not held back. */
const JOIN_BYTES = 64 * 1024;
/** Unstored bytes at which the agent is not read any further. */
const HELD_BYTES = 512 * 1024;

/** What an agent sends on its way to the store: joined, in order, with a bound on what is in memory. */
export class Journal {
  private waiting: Draft[] = [];
  private weight = 0;
  /** Given to the database and not yet committed. */
  private writing = 0;
  private timer: Timer | undefined;
  private lastAt = -Infinity;
  private newest: Promise<unknown> = Promise.resolve();
  private room: PromiseWithResolvers<void> | null = null;
  /** Why something could not be stored. What follows is dropped: a transcript with a hole would be a lie. */
  fault: unknown = null;

  constructor(
    private readonly db: Db,
    private readonly log: SessionLog,
    private readonly ref: SessionRef,
    private readonly failed: (error: unknown) => void,
  ) {}

  put(draft: Draft): void {
    if (this.fault !== null) return;
    this.waiting.push(draft);
    this.weight += weightOf(draft);
    const since = performance.now() - this.lastAt;
    if (since >= JOIN_MS || this.weight >= JOIN_BYTES) void this.flush();
    else this.timer ??= setTimeout(() => void this.flush(), JOIN_MS - since);
  }

  /** Resolves when there is room for more. */
  ready(): Promise<void> {
    if (this.weight + this.writing < HELD_BYTES || this.fault !== null) return Promise.resolve();
    return (this.room ??= Promise.withResolvers<void>()).promise;
  }

  /** Resolves when everything that was put is stored, or could not be. What is written next comes behind it. */
  flush(): Promise<unknown> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { waiting, weight } = this;
    if (waiting.length === 0) return this.newest;
    this.waiting = [];
    this.weight = 0;
    this.writing += weight;
    this.lastAt = performance.now();
    const drafts = join(waiting);
    this.newest = this.db
      .write(() => void this.log.append(this.ref, drafts), 'normal')
      .catch((error: unknown) => {
        this.fault ??= error;
        this.failed(error);
      })
      .finally(() => {
        this.writing -= weight;
        if (this.weight + this.writing >= HELD_BYTES && this.fault === null) return;
        this.room?.resolve();
        this.room = null;
      });
    return this.newest;
  }
}
