import type { OutboxRow } from './outbox_row';
import { ROW, type OutboxStore } from './outbox_store';
import type { OutboxStatus } from './verdict';
import type { Receipt } from './wire/frames_broker';

export interface OutboxQuery {
  readonly status: OutboxStatus | null;
  readonly mesh: string | null;
  readonly clientMessageId: string | null;
  readonly limit: number;
  /** Only rows accepted before the one with this number. */
  readonly before: number | null;
}

export interface Retired {
  readonly row: OutboxRow;
  /** It may have reached the broker already: its answer had not come. */
  readonly wasInflight: boolean;
}

export type Requeued =
  | { readonly old: OutboxRow; readonly newRowId: string }
  /** The state it has does not allow it, or its content is gone, or the new key was used before. */
  | { readonly refused: 'state' | 'wiped' }
  | { readonly refused: 'key'; readonly by: OutboxRow };

/** What people do with the outbox, and what passes with time. Inside a write, except for `page`. */
export class OutboxAdmin {
  constructor(private readonly store: OutboxStore) {}

  /** Newest first. */
  page({ status, mesh, clientMessageId, limit, before }: OutboxQuery): OutboxRow[] {
    const where = ['1'];
    const values: (string | number)[] = [];
    const add = (sql: string, value: string | number | null) => {
      if (value === null) return;
      where.push(sql);
      values.push(value);
    };
    if (status !== null) where.push(isStatus(status));
    add('mesh = ?', mesh);
    add('client_message_id = ?', clientMessageId);
    add('seq < ?', before);
    return this.store.query<OutboxRow>(`SELECT ${ROW} FROM mesh_outbox WHERE ${where.join(' AND ')} ORDER BY seq DESC LIMIT ?`).all(...values, limit);
  }

  has(id: string): boolean {
    return this.store.get(id) !== null;
  }

  /** Rows by status, of one mesh; those that are done are not counted. */
  open(mesh: string): Record<'pending' | 'inflight' | 'dead' | 'aborted', number> {
    const count = (status: OutboxStatus) =>
      this.store.query<{ rows: number }>(`SELECT count(*) AS rows FROM mesh_outbox WHERE mesh = ? AND ${isStatus(status)}`).get(mesh)!.rows;
    return { pending: count('pending'), inflight: count('inflight'), dead: count('dead'), aborted: count('aborted') };
  }

  /** Rows by status. None is ever removed, so the last number says how many there are, and only those that are not done are looked at. */
  counts(): Record<OutboxStatus, number> {
    const counted = this.store.query<{ status: OutboxStatus; rows: number }>(
      `SELECT status, count(*) AS rows FROM mesh_outbox WHERE status = 'pending' GROUP BY status
       UNION ALL SELECT status, count(*) FROM mesh_outbox WHERE status = 'inflight' GROUP BY status
       UNION ALL SELECT status, count(*) FROM mesh_outbox WHERE status IN ('dead', 'aborted') GROUP BY status`,
    );
    const open = Object.fromEntries(counted.all().map(({ status, rows }) => [status, rows])) as Partial<Record<OutboxStatus, number>>;
    const { pending = 0, inflight = 0, dead = 0, aborted = 0 } = open;
    return { pending, inflight, done: this.last() - pending - inflight - dead - aborted, dead, aborted };
  }

  /** Null when the state it has does not allow it. The key stays used for ever. */
  abort(row: OutboxRow, by: string, now: number, successor: string | null, keepBody: boolean): Retired | null {
    const { changes } = this.store
      .query(
        `UPDATE mesh_outbox SET status = 'aborted', aborted_at = ?, aborted_by = ?, superseded_by = ?, payload = CASE WHEN ? THEN payload END
         WHERE seq = ? AND status IN ('pending', 'inflight', 'dead')`,
      )
      .run(now, by, successor, keepBody ? 1 : 0, row.seq);
    if (changes === 0) return null;
    this.store.tell('aborted', row, { aborted_by: by, superseded_by: successor });
    return { row, wasInflight: row.status === 'inflight' };
  }

  /** Retires a message and sends the same one anew: to the same recipient, sealed the same way. `patch` replaces its body. */
  requeue(row: OutboxRow, newKey: string, by: string, now: number, notBefore: number, keepBody: boolean): Requeued {
    if (!['pending', 'inflight', 'dead'].includes(row.status)) return { refused: 'state' };
    if (row.payload === null) return { refused: 'wiped' };
    const used = this.store.find(newKey);
    if (used) return { refused: 'key', by: used };
    const newRowId = this.store.add(
      {
        clientMessageId: newKey,
        fingerprint: row.request_fingerprint,
        mesh: row.mesh,
        kind: row.destination_kind,
        ref: row.destination_ref,
        targetSpec: row.target_spec,
        senderSession: row.sender_session_pubkey,
        priority: row.priority,
        meta: row.meta,
        replyToId: row.reply_to_id,
        payload: row.payload,
        bytes: row.payload_bytes,
      },
      now,
      notBefore,
    );
    this.abort(row, by, now, newRowId, keepBody);
    return { old: row, newRowId: newRowId! };
  }

  /** After a crash: what was under way waits again, in its old place. It may have arrived; the broker knows its key. */
  recover(): number {
    return this.store
      .query(
        `UPDATE mesh_outbox SET status = 'pending', attempts = attempts + 1, next_attempt_at = enqueued_at, last_error = 'interrupted'
         WHERE status = 'inflight'`,
      )
      .run().changes;
  }

  /** Rows that are not handed over. One status at a time, so that only their own indexes are looked at, however many rows are done. */
  private waiting(where: string, values: readonly (string | number)[], limit: number): OutboxRow[] {
    const of = (status: string, most: number) =>
      this.store.query<OutboxRow>(`SELECT ${ROW} FROM mesh_outbox WHERE status = '${status}' AND ${where} LIMIT ?`).all(...values, most);
    const inflight = of('inflight', limit);
    return [...inflight, ...of('pending', limit - inflight.length)];
  }

  /** Whether anything that waits was accepted before an instant. A read. */
  hasOlder(before: number): boolean {
    return this.waiting('enqueued_at < ?', [before], 1).length > 0;
  }

  /** Gives up what is older than the limit, some at a time. */
  expire(before: number, reason: string, limit: number): OutboxRow[] {
    return this.waiting('enqueued_at < ?', [before], limit).filter((row) => this.store.dead(row, reason));
  }

  giveUp(mesh: string, reason: string, limit: number): OutboxRow[] {
    return this.waiting('mesh = ?', [mesh], limit).filter((row) => this.store.dead(row, reason));
  }

  /** In flight beyond their lease. A read. */
  overdue(now: number): OutboxRow[] {
    return this.store.query<OutboxRow>(`SELECT ${ROW} FROM mesh_outbox WHERE status = 'inflight' AND next_attempt_at < ? LIMIT 1000`).all(now);
  }

  /** False when that was known. */
  stored(row: OutboxRow, now: number): boolean {
    const { changes } = this.store.query('UPDATE mesh_outbox SET stored_at = ? WHERE seq = ? AND stored_at IS NULL').run(now, row.seq);
    if (changes > 0) this.store.receipt(row, 'stored_by_recipient');
    return changes > 0;
  }

  /** How many have seen a message, as its broker says. The row when that is news; null for what is known, and for what is none of our messages. */
  seen(mesh: string, { messageId, clientMessageId, seen, recipients, seenAt }: Receipt, now: number): OutboxRow | null {
    const row = this.store.find(clientMessageId);
    // The broker's answer to the message may have been lost, and its id with it.
    if (!row || row.attempts === 0 || row.mesh !== mesh || (row.broker_message_id ?? messageId) !== messageId || seen > recipients) return null;
    const all = seen === recipients ? 1 : 0;
    const { changes } = this.store
      .query(
        `UPDATE mesh_outbox SET seen_by = ?1, recipients = ?2, seen_at = CASE WHEN ?3 THEN ?4 END,
           stored_at = CASE WHEN ?3 THEN ifnull(stored_at, ?5) ELSE stored_at END WHERE seq = ?6 AND ifnull(seen_by, 0) < ?1`,
      )
      .run(seen, recipients, all, Math.min(seenAt, now), now, row.seq);
    if (changes === 0) return null;
    this.store.receipt({ ...row, broker_message_id: messageId }, 'seen', { seen_by: seen, recipients });
    return row;
  }

  /** Wipes the content of messages that ended before an instant, of a range of rows. Id, key, fingerprint and outcome stay for ever. */
  prune(statuses: readonly OutboxStatus[], before: number, from: number, rows: number): number {
    return this.store
      .query(
        `UPDATE mesh_outbox SET payload = NULL, meta = NULL, reply_to_id = NULL WHERE seq > ? AND seq <= ? AND payload IS NOT NULL
         AND enqueued_at < ? AND status IN (${statuses.map(() => '?').join(', ')})`,
      )
      .run(from, from + rows, before, ...statuses).changes;
  }

  /** The number of the newest row. */
  last(): number {
    return this.store.query<{ last: number | null }>('SELECT max(seq) AS last FROM mesh_outbox').get()!.last ?? 0;
  }

  /** Bytes of content that are kept now. */
  bytes(): number {
    return this.store.query<{ bytes: number }>('SELECT ifnull(sum(payload_bytes), 0) AS bytes FROM mesh_outbox WHERE payload IS NOT NULL').get()!
      .bytes;
  }
}

/** As the partial indexes say it: SQLite uses one only when the text of its condition is there. */
const isStatus = (status: OutboxStatus): string =>
  `status = '${status}'${status === 'dead' || status === 'aborted' ? ` AND status IN ('dead', 'aborted')` : ''}`;
