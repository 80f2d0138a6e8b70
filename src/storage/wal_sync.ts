import { closeSync, fdatasync, fdatasyncSync, openSync } from 'node:fs';
import { failpoint } from '../kernel/failpoint';

type Done = (error: Error | null) => void;

/**
 * Brings what is committed in a write-ahead log to the disk, which is what `synchronous = FULL` does inside each commit
 * (sqlite.org/pragma.html#pragma_synchronous): a log whose commits are in the file and synced has survived, and a checkpoint syncs it by itself
 * before it moves pages. Here it is fdatasync, which leaves out the file's times, and a group can wait without holding the event loop: one
 * sync at a time, and the next one is for all that was committed while it ran.
 */
export class WalSync {
  private file: number | undefined;
  private waiting: Done[] = [];
  private underWay: Done[] = [];
  private closed = false;

  constructor(private readonly path: string) {}

  /** Whether a sync is under way. */
  get busy(): boolean {
    return this.underWay.length > 0;
  }

  /** Calls back when everything committed until now is on the disk, or with what kept it from there. In the order of the calls. */
  after(done: Done): void {
    this.waiting.push(done);
    if (!this.busy) this.begin();
  }

  /** Holds the event loop until everything committed is on the disk; what kept it from there. */
  now(): Error | null {
    try {
      fdatasyncSync(this.log());
      return injected();
    } catch (error) {
      return error as Error;
    }
  }

  /** A sync works on the file, whoever wrote into it. Opened for reading, nothing can go wrong with it. */
  private log(): number {
    return (this.file ??= openSync(`${this.path}-wal`, 'r'));
  }

  private begin(): void {
    this.underWay = this.waiting;
    this.waiting = [];
    try {
      fdatasync(this.log(), this.ended);
    } catch (error) {
      setImmediate(this.ended, error as Error);
    }
  }

  private readonly ended = (error: Error | null): void => {
    if (this.closed) return void (this.file !== undefined && closeSync(this.file));
    const fault = error ?? injected();
    const group = this.underWay;
    this.underWay = [];
    if (this.waiting.length > 0) this.begin();
    for (const done of group) done(fault);
  };

  /** Syncs what is outstanding at once and calls back for it. */
  close(): void {
    const { busy } = this;
    const group = [...this.underWay, ...this.waiting];
    const fault = group.length > 0 ? this.now() : null;
    this.closed = true;
    // The sync under way closes the file when it ends: until then its number may not be given to another one.
    if (!busy && this.file !== undefined) closeSync(this.file);
    for (const done of group) done(fault);
  }
}

function injected(): Error | null {
  try {
    failpoint('storage.sync');
    return null;
  } catch (error) {
    return error as Error;
  }
}
