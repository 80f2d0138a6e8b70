import type { Statement } from '../../storage/statement';
import type { EventKey } from '../../kernel/context';
import type { Db } from '../../storage/db';
import type { Piece } from './retention';

/** Rows removed in one write. */
const SWEEP_ROWS = 1000;

/** The keys of recent events, so that a repeated publish is recognised, also across a restart. */
export class EventKeys {
  private readonly find: Statement<{ seq: number; ts: number }>;
  private readonly put: Statement<unknown>;
  private readonly any: Statement<unknown>;
  private readonly forget: Statement<unknown>;

  constructor(db: Db) {
    this.find = db.prepare('SELECT seq, ts FROM event_key WHERE publisher = ? AND key = ? AND ts > ?');
    this.put = db.prepare('INSERT OR REPLACE INTO event_key VALUES (?, ?, ?, ?)');
    this.any = db.prepare('SELECT 1 FROM event_key WHERE ts <= ? LIMIT 1');
    this.forget = db.prepare(`DELETE FROM event_key WHERE rowid IN (SELECT rowid FROM event_key WHERE ts <= ? ORDER BY ts LIMIT ${SWEEP_ROWS})`);
  }

  /** The event that had this key after `since`, in milliseconds. */
  first({ publisher, key }: EventKey, since: number): { readonly seq: number; readonly ts: number } | null {
    return this.find.get(publisher, key, since);
  }

  /** Only inside the write that stores the event. */
  remember({ publisher, key }: EventKey, seq: number, ts: number): void {
    this.put.run(publisher, key, seq, ts);
  }

  /** Keys of up to this time, to be forgotten. */
  outdated(upTo: number): Piece | null {
    return this.any.get(upTo) ? { remove: () => void this.forget.run(upTo), more: true } : null;
  }
}
