import { renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { startDaemon, tempHome, type StartOptions, type TestDaemon } from './daemon';

const PRELOAD = resolve(import.meta.dir, 'shifted_clock.ts');

/** A daemon whose wall clock the test sets, so that hours pass when they are to and not a moment before. Its monotonic clock is the real one. */
export class ClockedDaemon {
  readonly home = tempHome();
  private readonly file = join(this.home, 'clock');

  /** Milliseconds by which its clock is ahead. Replaced as a whole, so it never reads half a number. */
  shift(ms: number): void {
    writeFileSync(`${this.file}.new`, String(ms));
    renameSync(`${this.file}.new`, this.file);
  }

  /** Sets it to a time, from which it goes on. */
  set(time: number): void {
    this.shift(time - Date.now());
  }

  start(options: Pick<StartOptions, 'config'> = {}): Promise<TestDaemon> {
    return startDaemon({ ...options, source: true, home: this.home, env: { ZD_TEST_CLOCK: this.file, BUN_OPTIONS: `--preload=${PRELOAD}` } });
  }
}
