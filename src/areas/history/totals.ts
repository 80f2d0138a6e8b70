import type { Db } from '../../storage/db';

export interface TotalRow {
  readonly entries: number;
  readonly next_id: number;
  readonly redacted: number;
  readonly ignored: number;
  /** The newest id whose words are in the index; those of newer entries follow together. */
  readonly indexed_to: number;
}

/** What is counted over the whole history. Changes are summed in memory and written once per transaction; they hold when it is committed. */
export class Totals {
  private stored: TotalRow | null = null;
  private staged: TotalRow | null = null;

  constructor(private readonly db: Db) {
    db.beforeCommit(() => {
      if (!this.staged) return;
      const { entries, next_id: nextId, redacted, ignored, indexed_to: indexedTo } = this.staged;
      db.sqlite
        .query('UPDATE history_total SET entries = ?, next_id = ?, redacted = ?, ignored = ?, indexed_to = ?')
        .run(entries, nextId, redacted, ignored, indexedTo);
    });
    db.onCommit(() => {
      this.stored = this.staged ?? this.stored;
      this.staged = null;
    });
    db.onRollback(() => {
      this.staged = null;
    });
  }

  current(): TotalRow {
    this.stored ??= this.db.sqlite.query('SELECT entries, next_id, redacted, ignored, indexed_to FROM history_total').get() as TotalRow;
    return this.staged ?? this.stored;
  }

  /** Only inside a write. */
  stage(change: (row: TotalRow) => TotalRow): void {
    this.staged = change(this.current());
  }
}
