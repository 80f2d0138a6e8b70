import type { Known } from './verdict';

/** A row of the outbox as SQLite gives it. Times in milliseconds since the epoch. */
export interface OutboxRow extends Known {
  readonly seq: number;
  readonly id: string;
  readonly envelope_version: number;
  readonly destination_kind: 'dm' | 'topic';
  readonly destination_ref: string;
  readonly target_spec: string;
  readonly sender_session_pubkey: string | null;
  readonly priority: 'now' | 'next' | 'low';
  readonly meta: string | null;
  readonly reply_to_id: string | null;
  readonly payload: string | null;
  readonly payload_bytes: number;
  readonly attempts: number;
  readonly enqueued_at: number;
  readonly next_attempt_at: number;
  readonly delivered_at: number | null;
  readonly stored_at: number | null;
  /** Recipients it had, and how many of them have seen it; null while nothing is known. */
  readonly recipients: number | null;
  readonly seen_by: number | null;
  /** When the last of them saw it. */
  readonly seen_at: number | null;
  readonly aborted_at: number | null;
  readonly aborted_by: string | null;
  readonly superseded_by: string | null;
}

/** How far a message is known to have come: each is only said when it is certain. */
export const deliveryOf = (
  row: Pick<OutboxRow, 'status' | 'stored_at' | 'seen_at'>,
): 'accepted' | 'handed_to_broker' | 'stored_by_recipient' | 'seen' | 'dead' | 'aborted' => {
  if (row.status === 'dead' || row.status === 'aborted') return row.status;
  if (row.status !== 'done') return 'accepted';
  if (row.seen_at !== null) return 'seen';
  return row.stored_at === null ? 'handed_to_broker' : 'stored_by_recipient';
};

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The row as `/v1/outbox` lists it. */
export const ipcRow = (row: OutboxRow) => ({
  id: row.id,
  client_message_id: row.client_message_id,
  status: row.status,
  attempts: row.attempts,
  enqueued_at: iso(row.enqueued_at),
  next_attempt_at: iso(row.next_attempt_at),
  delivered_at: iso(row.delivered_at),
  broker_message_id: row.broker_message_id,
  last_error: row.last_error,
  aborted_at: iso(row.aborted_at),
  aborted_by: row.aborted_by,
  superseded_by: row.superseded_by,
  payload_bytes: row.payload_bytes,
  delivery: deliveryOf(row),
  stored_at: iso(row.stored_at),
  seen_at: iso(row.seen_at),
  seen_by: row.seen_by ?? 0,
  recipients: row.recipients,
});

/** One row with everything that is known of it. */
export const ipcDetail = (row: OutboxRow) => ({
  ...ipcRow(row),
  mesh: row.mesh,
  to: row.destination_kind === 'topic' && row.destination_ref !== '*' ? `@${row.destination_ref}` : row.destination_ref,
  target_spec: row.target_spec,
  priority: row.priority,
  meta: row.meta === null ? null : (JSON.parse(row.meta) as unknown),
  reply_to_id: row.reply_to_id,
  sender_session_pubkey: row.sender_session_pubkey,
  history_id: row.history_id,
  request_fingerprint: Buffer.from(row.request_fingerprint).toString('hex'),
  body_kept: row.payload !== null,
});
