import type { Db } from '../../storage/db';

/** A message that was seen here, as its broker knows it. */
export interface SeenReport {
  readonly seq: number;
  readonly messageId: string;
  readonly seenAt: number;
}

/** The SQL of what brokers are still to be told. What changes something is called inside a write of the database. */
export class SeenReportStore {
  constructor(private readonly db: Db) {}

  /** A message of the inbox was seen. What could not be opened was not, and what the broker itself says has no sender to tell. */
  add(inboxId: string, seenAt: number): void {
    this.db.sqlite
      .query(
        `INSERT OR IGNORE INTO mesh_seen_report (mesh, broker_message_id, seen_at)
           SELECT mesh, broker_message_id, ? FROM mesh_inbox WHERE id = ? AND broker_message_id IS NOT NULL AND undecryptable = 0`,
      )
      .run(seenAt, inboxId);
  }

  /** Oldest first. A read. */
  page(mesh: string, limit: number): SeenReport[] {
    return this.db.sqlite
      .query<SeenReport, [string, number]>(
        'SELECT seq, broker_message_id AS messageId, seen_at AS seenAt FROM mesh_seen_report WHERE mesh = ? ORDER BY seq LIMIT ?',
      )
      .all(mesh, limit);
  }

  drop(reports: readonly SeenReport[]): void {
    const drop = this.db.sqlite.query('DELETE FROM mesh_seen_report WHERE seq = ?');
    for (const { seq } of reports) drop.run(seq);
  }

  forget(before: number): void {
    this.db.sqlite.query('DELETE FROM mesh_seen_report WHERE seen_at < ?').run(before);
  }
}
