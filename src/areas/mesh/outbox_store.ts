import type { EventService } from '../../kernel/context';
import type { Db } from '../../storage/db';
import { meshEvent } from './events';
import type { OutboxRow } from './outbox_row';
import type { OutboxStatus } from './verdict';

/** What is stored of a message when it is accepted. */
export interface NewMessage {
  readonly clientMessageId: string;
  readonly fingerprint: Uint8Array;
  readonly mesh: string;
  readonly kind: 'dm' | 'topic';
  readonly ref: string;
  readonly targetSpec: string;
  readonly senderSession: string | null;
  readonly priority: string;
  readonly meta: string | null;
  readonly replyToId: string | null;
  readonly payload: string;
  readonly bytes: number;
}

const ENVELOPE_VERSION = 1;
const ID = 'out_';
/** A row as we read it. */
export const ROW = `*, '${ID}' || seq AS id`;

/**
 * The SQL of the outbox. Every change of state is a compare-and-set on the state it starts from and says so in the log of events; all of them are
 * called inside a write of the database.
 */
export class OutboxStore {
  private prepared: ReturnType<typeof prepare> | undefined;

  constructor(
    private readonly db: Db,
    private readonly events: Pick<EventService, 'append'>,
  ) {}

  /** Prepared at first use: a daemon without a mesh does not pay for them. */
  private get sql(): ReturnType<typeof prepare> {
    return (this.prepared ??= prepare(this.db));
  }

  find(clientMessageId: string): OutboxRow | null {
    // Of a new message the index alone is asked.
    return this.sql.isKnown.get(clientMessageId) && this.sql.byKey.get(clientMessageId);
  }

  get(id: string): OutboxRow | null {
    const seq = new RegExp(`^${ID}(\\d{1,15})$`).exec(id)?.[1];
    return seq === undefined ? null : this.sql.bySeq.get(Number(seq));
  }

  /**
   * `notBefore`: what waits for the same recipient goes first. `lease`: it is claimed at once, until then. The id of the row; null, and nothing is
   * stored, when the key is taken.
   */
  add(message: NewMessage, now: number, notBefore: number, lease: number | null = null): string | null {
    const { clientMessageId, fingerprint, mesh, kind, ref, targetSpec, senderSession, priority, meta, replyToId, payload, bytes } = message;
    const state = lease === null ? (['pending', 0, now, Math.max(now, notBefore)] as const) : (['inflight', 1, now, lease] as const);
    const about = [senderSession, priority, meta, replyToId, payload, bytes, ...state] as const;
    const { changes, lastInsertRowid } = this.sql.insert.run(clientMessageId, fingerprint, mesh, kind, ref, targetSpec, ...about);
    if (changes === 0) return null;
    const id = `${ID}${lastInsertRowid}`;
    this.tell('pending', { id, client_message_id: clientMessageId, mesh });
    return id;
  }

  /** A row that was claimed as it was added, with the state from before. */
  claimed(id: string): OutboxRow {
    return { ...this.get(id)!, attempts: 0 };
  }

  /** When the next message of a mesh is to be sent; null when none waits. A read. */
  nextDue(mesh: string): number | null {
    return this.sql.first.get(mesh)!.at;
  }

  /** Claims what is due, oldest first. The row it gives has the state from before. */
  claim(mesh: string, now: number, lease: number, limit: number): OutboxRow[] {
    return this.sql.due.all(mesh, now, limit).filter((row) => this.sql.claimOne.run(lease, row.seq).changes === 1);
  }

  done(row: OutboxRow, now: number, broker: { messageId: string | null; historyId: string | null }, keepBody: boolean): boolean {
    if (this.sql.finish.run(now, broker.messageId, broker.historyId, keepBody ? 1 : 0, row.seq).changes === 0) return false;
    this.tell('done', row, { broker_message_id: broker.messageId, history_id: broker.historyId });
    return true;
  }

  /** Back to waiting. `refund`: the attempt did not count. `hold`: whatever else waits for the same recipient waits as long. */
  retry(row: OutboxRow, nextAt: number, error: string, refund: boolean, hold: boolean): boolean {
    if (this.sql.back.run(nextAt, error, refund ? 1 : 0, row.seq).changes === 0) return false;
    if (hold) this.sql.hold.run(nextAt, row.mesh, row.target_spec);
    this.tell('pending', row, { reason: error, next_attempt_at: new Date(nextAt).toISOString() });
    return true;
  }

  /** Back to its old place, at once: the link broke, which says nothing about the message. */
  release(row: OutboxRow, error: string): boolean {
    if (this.sql.back.run(row.enqueued_at, error, 0, row.seq).changes === 0) return false;
    this.tell('pending', row, { reason: error });
    return true;
  }

  dead(row: OutboxRow, reason: string): boolean {
    if (this.sql.end.run(reason, row.seq).changes === 0) return false;
    this.tell('dead', row, { reason });
    return true;
  }

  /** Until when recipients are waited for. A read. */
  held(mesh: string, now: number): { target_spec: string; until: number }[] {
    return this.query<{ target_spec: string; until: number }>(
      `SELECT target_spec, max(next_attempt_at) AS until FROM mesh_outbox WHERE mesh = ? AND status = 'pending' AND next_attempt_at > ? GROUP BY target_spec`,
    ).all(mesh, now);
  }

  /** Somebody came: what waits for them because they were not there is due. */
  unpark(mesh: string, targetSpec: string, now: number): void {
    this.query(
      `UPDATE mesh_outbox SET next_attempt_at = ?1 WHERE mesh = ?2 AND target_spec = ?3 AND status = 'pending' AND next_attempt_at > ?1
         AND last_error LIKE 'no connected peer%'`,
    ).run(now, mesh, targetSpec);
  }

  /** Whether something waits until after an instant. A read. */
  waitsBeyond(mesh: string, beyond: number): boolean {
    return this.query(`SELECT 1 FROM mesh_outbox WHERE mesh = ? AND status = 'pending' AND next_attempt_at > ? LIMIT 1`).get(mesh, beyond) !== null;
  }

  /** Makes some of it due, in the order in which it was accepted; how many. */
  bringForward(mesh: string, beyond: number, now: number, limit: number): number {
    return this.query(
      `UPDATE mesh_outbox SET next_attempt_at = ? WHERE seq IN
         (SELECT seq FROM mesh_outbox WHERE mesh = ? AND status = 'pending' AND next_attempt_at > ? ORDER BY seq LIMIT ?)`,
    ).run(now, mesh, beyond, limit).changes;
  }

  tell(status: OutboxStatus, row: { id: string; client_message_id: string; mesh: string }, more: Record<string, unknown> = {}): void {
    const { id, client_message_id, mesh } = row;
    this.events.append(meshEvent('outbox', { mesh, outbox_id: id, client_message_id, status, ...more }));
  }

  /** The recipient's daemon has it, or a reader there has seen it. */
  receipt({ id, client_message_id, mesh, broker_message_id }: OutboxRow, delivery: 'stored_by_recipient' | 'seen', more: object = {}): void {
    this.events.append(meshEvent('receipt', { mesh, outbox_id: id, client_message_id, broker_message_id, delivery, ...more }));
  }

  /** A session's link is there: what waits for it is due, in its order. */
  unparkSession(mesh: string, session: string, now: number): void {
    this.query(
      `UPDATE mesh_outbox SET next_attempt_at = ?1 WHERE mesh = ?2 AND sender_session_pubkey = ?3 AND status = 'pending' AND next_attempt_at > ?1
         AND last_error = 'session_ws_not_open'`,
    ).run(now, mesh, session);
  }

  /** A statement of the calls that are rare. */
  query<Row>(sql: string) {
    return this.db.sqlite.query<Row, (string | number | null)[]>(sql);
  }
}

const prepare = (db: Db) => ({
  byKey: db.prepare<OutboxRow>(`SELECT ${ROW} FROM mesh_outbox WHERE client_message_id = ?`),
  bySeq: db.prepare<OutboxRow>(`SELECT ${ROW} FROM mesh_outbox WHERE seq = ?`),
  isKnown: db.prepare<{ seq: number }>(`SELECT seq FROM mesh_outbox WHERE client_message_id = ?`),
  insert: db.prepare(
    `INSERT INTO mesh_outbox (client_message_id, request_fingerprint, envelope_version, mesh, destination_kind, destination_ref, target_spec,
         sender_session_pubkey, priority, meta, reply_to_id, payload, payload_bytes, status, attempts, enqueued_at, next_attempt_at)
       VALUES (?, ?, ${ENVELOPE_VERSION}, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (client_message_id) DO NOTHING`,
  ),
  due: db.prepare<OutboxRow>(
    `SELECT ${ROW} FROM mesh_outbox WHERE mesh = ? AND status = 'pending' AND next_attempt_at <= ? ORDER BY next_attempt_at, seq LIMIT ?`,
  ),
  first: db.prepare<{ at: number | null }>(`SELECT min(next_attempt_at) AS at FROM mesh_outbox WHERE mesh = ? AND status = 'pending'`),
  claimOne: db.prepare(
    `UPDATE mesh_outbox SET status = 'inflight', attempts = attempts + 1, next_attempt_at = ? WHERE seq = ? AND status = 'pending'`,
  ),
  finish: db.prepare(
    `UPDATE mesh_outbox SET status = 'done', delivered_at = ?, broker_message_id = ?, history_id = ?, last_error = NULL,
         payload = CASE WHEN ? THEN payload END WHERE seq = ? AND status = 'inflight'`,
  ),
  back: db.prepare(
    `UPDATE mesh_outbox SET status = 'pending', next_attempt_at = ?, last_error = ?, attempts = attempts - ? WHERE seq = ? AND status = 'inflight'`,
  ),
  hold: db.prepare(
    `UPDATE mesh_outbox SET next_attempt_at = ?1 WHERE mesh = ?2 AND target_spec = ?3 AND status = 'pending' AND next_attempt_at < ?1`,
  ),
  end: db.prepare(`UPDATE mesh_outbox SET status = 'dead', last_error = ? WHERE seq = ? AND status IN ('pending', 'inflight')`),
});
