import type { Statement } from '../storage/statement';
import type { Priority } from '../areas/mesh/wire/frame_fields';
import type { Db } from '../storage/db';

export interface NewMessage {
  readonly id: string;
  readonly meshId: string;
  readonly topicId: string | null;
  readonly senderMemberId: string;
  readonly clientMessageId: string | null;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly priority: Priority;
  /** The push, as JSON. */
  readonly frame: string;
}

export interface Waiting {
  readonly seq: number;
  readonly id: string;
  readonly priority: Priority;
  readonly frame: string;
}

export interface Seen {
  readonly message_id: string;
  readonly topic_id: string | null;
  readonly fingerprint: string | null;
  readonly content: string;
  readonly first_seen_at: number;
  /** Whether the message itself is still there. */
  readonly available: number;
}

export interface Receipt {
  readonly id: string;
  readonly seq: number;
  readonly sender_member_id: string;
}

const MAX_PURGE = 500;

/** The SQL of messages, of what waits for whom, and of the ids that were taken. Writes are called inside a write of the database. */
export class MessageStore {
  private readonly insertMessage: Statement<{ seq: number }>;
  private readonly insertDelivery: Statement<unknown>;
  private readonly insertSeen: Statement<unknown>;
  private readonly selectSeen: Statement<Seen>;
  private readonly selectWaiting: Statement<Waiting>;
  private readonly selectUrgent: Statement<Waiting>;
  private readonly countWaiting: Statement<{ rows: number }>;
  private readonly setDelivered: Statement<unknown>;
  private readonly lessOpen: Statement<unknown>;
  private readonly wipe: Statement<unknown>;
  private readonly selectById: Statement<{ seq: number }>;

  constructor(private readonly db: Db) {
    this.insertMessage = db.prepare(
      `INSERT INTO message (id, mesh_id, topic_id, sender_member_id, client_message_id, created_at, expires_at, priority, open, frame)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
    );
    this.insertDelivery = db.prepare('INSERT INTO delivery (seq, recipient, mesh_id) VALUES (?, ?, ?)');
    this.insertSeen = db.prepare(
      `INSERT INTO client_message_dedupe (mesh_id, member_id, client_message_id, message_id, topic_id, fingerprint, content, first_seen_at, expires_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.selectSeen = db.prepare(
      `SELECT message_id, topic_id, fingerprint, content, first_seen_at,
         EXISTS (SELECT 1 FROM message WHERE id = message_id) AS available
       FROM client_message_dedupe WHERE mesh_id = ? AND member_id = ? AND client_message_id = ?`,
    );
    const waiting = (also: string) =>
      `SELECT message.seq, message.id, message.priority, message.frame FROM delivery JOIN message ON message.seq = delivery.seq
       WHERE delivery.mesh_id = ? AND recipient = ? AND delivered_at IS NULL AND delivery.seq > ? ${also} ORDER BY delivery.seq LIMIT ?`;
    this.selectWaiting = db.prepare(waiting(''));
    this.selectUrgent = db.prepare(waiting(`AND message.priority = 'now'`));
    this.countWaiting = db.prepare('SELECT count(*) AS rows FROM delivery WHERE mesh_id = ? AND recipient = ? AND delivered_at IS NULL');
    this.setDelivered = db.prepare('UPDATE delivery SET delivered_at = ? WHERE seq = ? AND recipient = ? AND delivered_at IS NULL');
    this.lessOpen = db.prepare('UPDATE message SET open = open - 1 WHERE seq = ?');
    this.wipe = db.prepare(`UPDATE message SET frame = '' WHERE seq = ? AND open = 0 AND topic_id IS NULL`);
    this.selectById = db.prepare('SELECT seq FROM message WHERE id = ?');
  }

  /** The message's number; numbers grow. */
  add(message: NewMessage, recipients: readonly string[]): number {
    const { id, meshId, topicId, senderMemberId, clientMessageId, createdAt, expiresAt, priority, frame } = message;
    const kept = recipients.length === 0 && topicId === null ? '' : frame;
    const { seq } = this.insertMessage.get(
      ...[id, meshId, topicId, senderMemberId, clientMessageId, createdAt, expiresAt, priority, recipients.length, kept],
    )!;
    for (const recipient of recipients) this.insertDelivery.run(seq, recipient, meshId);
    return seq;
  }

  seen(meshId: string, memberId: string, clientMessageId: string): Seen | null {
    return this.selectSeen.get(meshId, memberId, clientMessageId);
  }

  remember(
    message: NewMessage,
    clientMessageId: string,
    { fingerprint, content }: { fingerprint: string | null; content: string },
    until: number,
  ): void {
    const { meshId, senderMemberId, id, topicId, createdAt } = message;
    this.insertSeen.run(meshId, senderMemberId, clientMessageId, id, topicId, fingerprint, content, createdAt, until);
  }

  /** What waits for a key after message number `after`, oldest first. */
  waiting(meshId: string, recipient: string, after: number, urgentOnly: boolean, limit: number): Waiting[] {
    return (urgentOnly ? this.selectUrgent : this.selectWaiting).all(meshId, recipient, after, limit);
  }

  waits(meshId: string, recipient: string): number {
    return this.countWaiting.get(meshId, recipient)!.rows;
  }

  undelivered(): number {
    return this.db.sqlite.query<{ rows: number }, []>('SELECT count(*) AS rows FROM delivery WHERE delivered_at IS NULL').get()!.rows;
  }

  /** False when it was delivered before, or is not for this key. */
  delivered(seq: number, recipient: string, at: number): boolean {
    if (this.setDelivered.run(at, seq, recipient).changes === 0) return false;
    this.lessOpen.run(seq);
    this.wipe.run(seq);
    return true;
  }

  seqOf(id: string): number | null {
    return this.selectById.get(id)?.seq ?? null;
  }

  frameOf(seq: number): string | null {
    return this.db.sqlite.query<{ frame: string }, [number]>('SELECT frame FROM message WHERE seq = ?').get(seq)?.frame ?? null;
  }

  /** Messages of this sender whose id begins so; two at most. */
  byPrefix(meshId: string, memberId: string, prefix: string): Receipt[] {
    return this.db.sqlite
      .query<Receipt, [string, string, string, string]>(
        'SELECT id, seq, sender_member_id FROM message WHERE mesh_id = ? AND sender_member_id = ? AND id >= ? AND id < ? LIMIT 2',
      )
      .all(meshId, memberId, prefix, `${prefix}~`);
  }

  deliveries(seq: number): { recipient: string; delivered_at: number | null }[] {
    return this.db.sqlite
      .query<{ recipient: string; delivered_at: number | null }, [number]>('SELECT recipient, delivered_at FROM delivery WHERE seq = ?')
      .all(seq);
  }

  /** Takes back what waits for a member who is out of the mesh. */
  drop(meshId: string, recipient: string, now: number): void {
    for (;;) {
      const rows = this.waiting(meshId, recipient, 0, false, MAX_PURGE);
      for (const { seq } of rows) this.delivered(seq, recipient, now);
      if (rows.length < MAX_PURGE) return;
    }
  }

  /** Removes some of what is past its time; false when hardly anything is left to remove. */
  purge(now: number, undeliveredBefore: number): boolean {
    const { sqlite } = this.db;
    const messages = sqlite.query('DELETE FROM message WHERE seq IN (SELECT seq FROM message WHERE expires_at < ? LIMIT ?)').run(now, MAX_PURGE);
    const late = sqlite
      .query<{ seq: number }, [number, number]>('SELECT seq FROM message WHERE topic_id IS NOT NULL AND open > 0 AND created_at < ? LIMIT ?')
      .all(undeliveredBefore, MAX_PURGE);
    for (const { seq } of late) {
      sqlite.query('DELETE FROM delivery WHERE seq = ? AND delivered_at IS NULL').run(seq);
      sqlite.query('UPDATE message SET open = 0 WHERE seq = ?').run(seq);
    }
    const ids = sqlite
      .query(
        `DELETE FROM client_message_dedupe WHERE (mesh_id, member_id, client_message_id) IN
           (SELECT mesh_id, member_id, client_message_id FROM client_message_dedupe WHERE expires_at < ? LIMIT ?)`,
      )
      .run(now, MAX_PURGE);
    return messages.changes + late.length + ids.changes >= MAX_PURGE;
  }
}
