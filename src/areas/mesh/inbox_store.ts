import type { EventService } from '../../kernel/context';
import { uniqueId } from '../../kernel/ids';
import type { Db } from '../../storage/db';
import { meshEvent } from './events';
import type { InboxRow } from './inbox_row';
import type { SeenReportStore } from './seen_report_store';

/** A message that arrived, opened or not. */
export interface Arrived {
  readonly mesh: string;
  readonly senderPubkey: string;
  readonly senderMemberPubkey: string | null;
  readonly senderName: string;
  readonly clientMessageId: string;
  readonly brokerMessageId: string | null;
  readonly topic: string | null;
  readonly priority: string;
  readonly subtype: string | null;
  readonly replyToId: string | null;
  readonly meta: string | null;
  /** Null: it is sealed and did not open. */
  readonly body: string | null;
  readonly signed: boolean;
  readonly createdAt: string;
  readonly recipient: { readonly pubkey: string; readonly kind: 'member' | 'session' };
}

export interface InboxQuery {
  readonly mesh: string | null;
  readonly topic: string | null;
  readonly from: string | null;
  /** Received at or after, in milliseconds. */
  readonly since: number | null;
  readonly unreadOnly: boolean;
  /** Whose messages: of these recipients, or of nobody in particular. Null: all. */
  readonly recipients: readonly string[] | null;
  readonly before: number | null;
  readonly limit: number;
}

const COLUMNS = `m.*, (SELECT recipient_pubkey FROM mesh_inbox_recipient AS r WHERE r.inbox_seq = m.seq ORDER BY recipient_kind DESC LIMIT 1) AS recipient_pubkey,
  (SELECT recipient_kind FROM mesh_inbox_recipient AS r WHERE r.inbox_seq = m.seq ORDER BY recipient_kind DESC LIMIT 1) AS recipient_kind`;

/** The SQL of the inbox. What changes something is called inside a write of the database. */
export class InboxStore {
  private prepared: ReturnType<typeof prepare> | undefined;

  constructor(
    private readonly db: Db,
    private readonly events: Pick<EventService, 'append'>,
    private readonly reports: SeenReportStore,
  ) {}

  private get sql(): ReturnType<typeof prepare> {
    return (this.prepared ??= prepare(this.db));
  }

  /** False when it was there before: a copy, over this link or another, is one message. */
  add(message: Arrived, now: number): boolean {
    const { mesh, senderPubkey, clientMessageId, recipient } = message;
    const known = this.sql.known.get(mesh, senderPubkey, clientMessageId);
    if (known) this.sql.reach.run(known.seq, recipient.pubkey, recipient.kind);
    if (known || this.sql.gone.get(mesh, senderPubkey, clientMessageId)) return false;
    const id = uniqueId();
    const { brokerMessageId, senderMemberPubkey, senderName, topic, priority, subtype, replyToId, meta, body, signed, createdAt } = message;
    const about = [brokerMessageId, senderMemberPubkey, senderName, topic, priority, subtype, replyToId, meta, body] as const;
    const seq = this.sql.insert.get(id, mesh, senderPubkey, clientMessageId, ...about, body === null ? 1 : 0, signed ? 1 : 0, createdAt, now)!.seq;
    this.sql.reach.run(seq, recipient.pubkey, recipient.kind);
    this.events.append(
      meshEvent('message', {
        inbox_id: id,
        mesh,
        client_message_id: clientMessageId,
        broker_message_id: brokerMessageId,
        sender_pubkey: senderPubkey,
        sender_member_pubkey: senderMemberPubkey,
        sender_name: senderName,
        topic,
        reply_to_id: replyToId,
        priority,
        ...(subtype === null ? {} : { subtype }),
        created_at: createdAt,
        recipient_pubkey: recipient.pubkey,
        recipient_kind: recipient.kind,
        undecryptable: body === null,
      }),
    );
    return true;
  }

  /** Newest first. */
  page({ mesh, topic, from, since, unreadOnly, recipients, before, limit }: InboxQuery): InboxRow[] {
    const where: string[] = ['1'];
    const values: (string | number)[] = [];
    const add = (sql: string, value: string | number | null) => {
      if (value === null) return;
      where.push(sql);
      values.push(value);
    };
    add('m.mesh = ?', mesh);
    add('m.topic = ?', topic);
    add('m.sender_pubkey = ?', from);
    add('m.received_at >= ?', since);
    add('m.seq < ?', before);
    if (unreadOnly) where.push('m.seen_at IS NULL');
    if (recipients) {
      where.push(
        `EXISTS (SELECT 1 FROM mesh_inbox_recipient AS v WHERE v.inbox_seq = m.seq AND v.recipient_pubkey IN (${recipients.map(() => '?').join(', ')}))`,
      );
      values.push(...recipients);
    }
    return this.db.sqlite
      .query<InboxRow, (string | number)[]>(`SELECT ${COLUMNS} FROM mesh_inbox AS m WHERE ${where.join(' AND ')} ORDER BY m.seq DESC LIMIT ?`)
      .all(...values, limit);
  }

  get(id: string): InboxRow | null {
    return this.db.sqlite.query<InboxRow, [string]>(`SELECT ${COLUMNS} FROM mesh_inbox AS m WHERE id = ?`).get(id);
  }

  /** How many of them were unread. `tell`: their senders are to hear of it. */
  markSeen(ids: readonly string[], now: number, tell: boolean): number {
    const mark = this.db.sqlite.query('UPDATE mesh_inbox SET seen_at = ? WHERE id = ? AND seen_at IS NULL');
    const fresh = ids.filter((id) => mark.run(now, id).changes > 0);
    if (tell) for (const id of fresh) this.reports.add(id, now);
    return fresh.length;
  }

  /** Removes what fits, some at a time, and remembers that it was there. */
  remove(fits: { readonly id?: string; readonly mesh?: string; readonly before?: number }, now: number, limit: number): number {
    const where = Object.entries({ 'id = ?': fits.id, 'mesh = ?': fits.mesh, 'received_at < ?': fits.before }).filter(
      ([, value]) => value !== undefined,
    );
    const rows = this.db.sqlite
      .query<{ seq: number }, (string | number)[]>(`SELECT seq FROM mesh_inbox WHERE ${['1', ...where.map(([sql]) => sql)].join(' AND ')} LIMIT ?`)
      .all(...where.map(([, value]) => value!), limit);
    const bury = this.db.sqlite.query(
      'INSERT OR IGNORE INTO mesh_inbox_gone SELECT mesh, sender_pubkey, client_message_id, ? FROM mesh_inbox WHERE seq = ?',
    );
    const drop = this.db.sqlite.query('DELETE FROM mesh_inbox WHERE seq = ?');
    for (const { seq } of rows) {
      bury.run(now, seq);
      drop.run(seq);
    }
    return rows.length;
  }

  forgetGone(before: number): void {
    this.db.sqlite.query('DELETE FROM mesh_inbox_gone WHERE gone_at < ?').run(before);
  }

  counts(): { readonly total: number; readonly unread: number } {
    return this.db.sqlite
      .query<{ total: number; unread: number }, []>('SELECT count(*) AS total, sum(seen_at IS NULL) AS unread FROM mesh_inbox')
      .get()!;
  }
}

const prepare = (db: Db) => ({
  known: db.prepare<{ seq: number }>('SELECT seq FROM mesh_inbox WHERE mesh = ? AND sender_pubkey = ? AND client_message_id = ?'),
  gone: db.prepare<{ gone_at: number }>('SELECT gone_at FROM mesh_inbox_gone WHERE mesh = ? AND sender_pubkey = ? AND client_message_id = ?'),
  insert: db.prepare<{ seq: number }>(
    `INSERT INTO mesh_inbox (id, mesh, sender_pubkey, client_message_id, broker_message_id, sender_member_pubkey, sender_name, topic, priority, subtype,
         reply_to_id, meta, body, undecryptable, signed, created_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
  ),
  reach: db.prepare('INSERT OR IGNORE INTO mesh_inbox_recipient VALUES (?, ?, ?)'),
});
