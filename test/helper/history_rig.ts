import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { History, type HistoryLimits } from '../../src/areas/history/history';
import type { Query } from '../../src/areas/history/query_model';
import type { Draft } from '../../src/areas/history/model';
import type { EventDraft, EventRecord } from '../../src/kernel/context';
import { Db } from '../../src/storage/db';
import { zdMigrations } from '../../src/storage/migrations';

const OPEN: HistoryLimits = {
  ...{ paused: false, leadingSpace: true, patterns: [], redact: true, maxLineBytes: 65_536, maxEntries: 1_000_000, maxAgeMs: 0, longCommandMs: 0 },
};

export const draft = (line: string, ts: number, more: Partial<Draft> = {}): Draft => ({
  ...{ line, ts, exitCode: null, cwd: null, durationMs: null, sessid: null, hostname: null, shellId: null },
  ...more,
});

export const query = (more: Partial<Query>): Query => ({
  ...{ filter: '', mode: 'match', ignoreCase: false, limit: 100, descending: true, distinct: false, order: 'time', cursor: null, budgetMs: 60_000 },
  ...more,
});

/** A history on a file of its own, with a wall clock the test turns. */
export class HistoryRig {
  readonly home = mkdtempSync('/tmp/zd-');
  readonly events: EventDraft[] = [];
  now = 1_700_000_000_000;
  limits: HistoryLimits = OPEN;
  db!: Db;
  history!: History;

  constructor() {
    this.open();
  }

  open(): void {
    this.db = new Db(join(this.home, 'zd.db'), { migrations: zdMigrations, durability: 'normal' });
    const append = (event: EventDraft) => void this.events.push(event) as unknown as EventRecord;
    this.history = new History(this.db, { append }, { now: () => this.now, monotonic: () => performance.now() }, () => this.limits);
  }

  async lines(more: Partial<Query>): Promise<string[]> {
    return (await this.history.query(query(more))).hits.map(({ entry }) => entry.line);
  }

  close(): void {
    this.history.stop();
    this.db.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}
