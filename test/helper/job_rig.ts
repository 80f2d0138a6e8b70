import { afterAll } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { EventLog } from '../../src/areas/event/log';
import { Jobs } from '../../src/areas/job/jobs';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { ROOMY } from './event_rig';

const folder = mkdtempSync('/tmp/zd-jobs-');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const clock = { now: () => Date.now(), monotonic: () => performance.now() };

/** The job service on a file of its own, without a daemon around it. */
export class JobService {
  readonly path = `${folder}/${Bun.randomUUIDv7()}`;
  readonly db = new Db(`${this.path}.db`, { migrations: zdMigrations, durability: 'normal' });
  readonly events = new EventLog(this.db, clock, quiet, () => ROOMY);
  readonly jobs = new Jobs(this.db, clock, quiet, this.events, this.path, () => ({
    parallel: 4,
    maxQueued: 10_000,
    keepOutputBytes: 1 << 20,
    keep: { count: 10_000, secs: 1_000_000 },
  }));

  async close(): Promise<void> {
    await this.jobs.stop();
    await this.events.stop();
    this.db.close();
  }
}
