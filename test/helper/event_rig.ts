import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { EventLog, type EventLimits } from '../../src/areas/event/log';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';
import { readerOf } from './event_reader';

/** Bounds that no test reaches by accident. */
export const ROOMY: EventLimits = {
  queue_events: 10_000,
  queue_bytes: 1e8,
  max_count: 1e6,
  max_age_secs: 1e6,
  max_bytes: 1e9,
  kinds: {},
  dedup_secs: 120,
  max_retained: 1000,
  max_cursors: 1000,
  authenticated: true,
};

/** An event log on a file of its own, with a clock the test turns. */
export class EventRig {
  readonly home = mkdtempSync('/tmp/zd-');
  readonly path = join(this.home, 'zd.db');
  readonly warnings: string[] = [];
  now = 1_000_000_000_000;
  limits: EventLimits = ROOMY;
  db!: Db;
  log!: EventLog;
  private clients = new AbortController();

  constructor() {
    this.open();
  }

  open(): void {
    const logger = { debug() {}, info() {}, warn: (text: string) => void this.warnings.push(text), error() {} };
    this.db = new Db(this.path, { migrations: zdMigrations, durability: 'full' });
    this.log = new EventLog(this.db, { now: () => this.now, monotonic: () => this.now }, logger, () => this.limits);
  }

  async shut(): Promise<void> {
    this.clients.abort();
    this.clients = new AbortController();
    await this.log.stop();
    this.db.close();
  }

  async reopen(): Promise<void> {
    await this.shut();
    this.open();
  }

  async remove(): Promise<void> {
    await this.shut();
    rmSync(this.home, { recursive: true, force: true });
  }

  draft(topic = 'x', data: unknown = null, more: object = {}) {
    return { kind: 'pub', scope: 'http', topic, source: 'http', data, ...more };
  }

  async publish(topic?: string, data?: unknown, more?: object) {
    return (await this.log.publish(this.draft(topic, data, more))).event;
  }

  publishMany(count: number, more?: object) {
    return Promise.all(Array.from({ length: count }, () => this.publish('x', null, more)));
  }

  reader(since: Parameters<EventLog['follow']>[1] = null, pattern = '*.*', signal = this.clients.signal) {
    return readerOf(this.log, since, signal, pattern);
  }

  /** A reader that begins with the retained events, or gets them behind a gap. */
  sticky(retained: 'start' | 'gap', since: Parameters<EventLog['follow']>[1] = null) {
    return readerOf(this.log, since, this.clients.signal, '*.*', { retained });
  }

  stored(): number[] {
    return this.db.sqlite
      .query('SELECT seq FROM event ORDER BY seq')
      .values()
      .map(([seq]) => Number(seq));
  }

  /** What the totals must be, counted row by row. */
  counted() {
    return this.db.sqlite
      .query(
        `SELECT count(*) AS count, coalesce(sum(octet_length(data) + octet_length(topic) + octet_length(kind || scope || source) + 40), 0) AS bytes
         FROM event WHERE expires_at IS NOT 0`,
      )
      .get() as { count: number; bytes: number };
  }
}

export const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);
