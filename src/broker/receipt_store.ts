import type { Db } from '../storage/db';

/** What a sender is to be told of one of its messages. */
export interface OpenReceipt {
  readonly messageId: string;
  readonly clientMessageId: string;
  /** How many of its recipients have seen it. */
  readonly seen: number;
  readonly recipients: number;
  /** When the last of them did. */
  readonly seenAt: number;
}

interface Message {
  readonly seq: number;
  readonly sender_member_id: string;
  readonly client_message_id: string | null;
}

/** The SQL of who has seen what. Writes are called inside a write of the database. */
export class ReceiptStore {
  constructor(private readonly db: Db) {}

  message(meshId: string, id: string): Message | null {
    return this.db.sqlite
      .query<Message, [string, string]>('SELECT seq, sender_member_id, client_message_id FROM message WHERE id = ? AND mesh_id = ?')
      .get(id, meshId);
  }

  /** Whom a message was for and who has not said to have seen it. */
  unseen(seq: number): string[] {
    return this.db.sqlite
      .query<{ recipient: string }, [number]>('SELECT recipient FROM delivery WHERE seq = ? AND seen_at IS NULL')
      .all(seq)
      .map(({ recipient }) => recipient);
  }

  saw(seq: number, recipient: string, at: number): void {
    this.db.sqlite.query('UPDATE delivery SET seen_at = ? WHERE seq = ? AND recipient = ?').run(at, seq, recipient);
  }

  /** From now on the sender is to be told how many have seen it. */
  open(meshId: string, { seq, sender_member_id }: Message, at: number): void {
    this.db.sqlite
      .query(
        `INSERT INTO receipt (seq, mesh_id, member_id, seen, seen_at)
           SELECT ?1, ?2, ?3, count(*), ?4 FROM delivery WHERE seq = ?1 AND seen_at IS NOT NULL
         ON CONFLICT (seq) DO UPDATE SET seen = excluded.seen, seen_at = max(seen_at, excluded.seen_at)`,
      )
      .run(seq, meshId, sender_member_id, at);
  }

  /** What a sender is to be told, oldest first. */
  page(meshId: string, memberId: string, limit: number): OpenReceipt[] {
    return this.db.sqlite
      .query<OpenReceipt, [string, string, number]>(
        `SELECT message.id AS messageId, message.client_message_id AS clientMessageId, receipt.seen AS seen, receipt.seen_at AS seenAt,
           (SELECT count(*) FROM delivery WHERE delivery.seq = receipt.seq) AS recipients
         FROM receipt JOIN message ON message.seq = receipt.seq WHERE receipt.mesh_id = ? AND member_id = ? ORDER BY receipt.seq LIMIT ?`,
      )
      .all(meshId, memberId, limit);
  }

  /** The sender knows; more may have seen it since, and then it stays. */
  close(meshId: string, memberId: string, messageId: string, seen: number): boolean {
    const closed = this.db.sqlite
      .query('DELETE FROM receipt WHERE seq = (SELECT seq FROM message WHERE id = ?) AND mesh_id = ? AND member_id = ? AND seen <= ?')
      .run(messageId, meshId, memberId, seen);
    return closed.changes > 0;
  }
}
