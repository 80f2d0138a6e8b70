/** A row of the inbox as SQLite gives it. */
export interface InboxRow {
  readonly seq: number;
  readonly id: string;
  readonly mesh: string;
  readonly sender_pubkey: string;
  readonly client_message_id: string;
  readonly broker_message_id: string | null;
  readonly sender_member_pubkey: string | null;
  readonly sender_name: string;
  readonly topic: string | null;
  readonly priority: string;
  readonly subtype: string | null;
  readonly reply_to_id: string | null;
  readonly meta: string | null;
  readonly body: string | null;
  readonly undecryptable: number;
  readonly signed: number;
  readonly created_at: string;
  readonly received_at: number;
  readonly seen_at: number | null;
  /** The links it came by. */
  readonly recipient_pubkey: string | null;
  readonly recipient_kind: 'member' | 'session' | null;
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The row as `/v1/inbox` lists it. */
export const ipcMessage = (row: InboxRow) => ({
  id: row.id,
  client_message_id: row.client_message_id,
  broker_message_id: row.broker_message_id,
  mesh: row.mesh,
  topic: row.topic,
  sender_pubkey: row.sender_pubkey,
  sender_member_pubkey: row.sender_member_pubkey,
  sender_name: row.sender_name,
  body: row.body,
  undecryptable: row.undecryptable === 1,
  signed: row.signed === 1,
  priority: row.priority,
  subtype: row.subtype,
  meta: row.meta === null ? null : (JSON.parse(row.meta) as unknown),
  created_at: row.created_at,
  received_at: iso(row.received_at)!,
  reply_to_id: row.reply_to_id,
  seen_at: iso(row.seen_at),
  recipient_pubkey: row.recipient_pubkey,
  recipient_kind: row.recipient_kind,
});
