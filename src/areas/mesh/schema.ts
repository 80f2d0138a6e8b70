import { nanos } from '../../kernel/clock';
import { Nanos, nullable, strict, t, type Static } from '../../kernel/schema';
import type { InboxRow } from './inbox_row';
import { deliveryOf, type OutboxRow } from './outbox_row';

const names = <const T extends readonly string[]>(...all: T) => t.Union(all.map((each) => t.Literal(each as T[number])));

export const OutboxStatusName = names('pending', 'inflight', 'done', 'dead', 'aborted');
export const WaitFor = names('handed', 'stored', 'seen');
export const PriorityName = names('now', 'next', 'low');
export const MeshSlug = t.String({ minLength: 1, maxLength: 64, description: 'The slug of a mesh; not needed while only one is joined.' });
export const RowId = t.String({ minLength: 1, maxLength: 256, description: 'The id of the row.' });
export const Limit = (most: number, fallback: number) => t.Optional(t.Integer({ minimum: 1, maximum: most, default: fallback }));
export const Cursor = t.Optional(t.String({ pattern: '^[0-9]{1,15}$', description: 'The `next_cursor` of the page before.' }));
const time = (ms: number | null): number | null => (ms === null ? null : nanos(ms));
const Text = t.String();

export const OUTBOX_ROW = {
  row_id: Text,
  client_message_id: Text,
  mesh: Text,
  to: Text,
  status: OutboxStatusName,
  delivery: names('accepted', 'handed_to_broker', 'stored_by_recipient', 'seen', 'dead', 'aborted'),
  attempts: t.Integer(),
  priority: PriorityName,
  enqueued_at_ns: Nanos,
  next_attempt_at_ns: nullable(Nanos),
  delivered_at_ns: nullable(Nanos),
  stored_at_ns: nullable(Nanos),
  seen_at_ns: nullable(Nanos),
  seen_by: t.Integer({ minimum: 0, description: 'Recipients known to have seen it.' }),
  recipients: nullable(t.Integer({ description: 'Recipients it had; null while none is known to have seen it.' })),
  broker_message_id: nullable(Text),
  history_id: nullable(Text),
  last_error: nullable(Text),
  aborted_at_ns: nullable(Nanos),
  aborted_by: nullable(Text),
  superseded_by: nullable(Text),
  reply_to_id: nullable(Text),
  payload_bytes: t.Integer(),
  body_kept: t.Boolean({ description: 'False once the text was wiped.' }),
};
export const OutboxItem = strict(OUTBOX_ROW);

export const targetText = (row: Pick<OutboxRow, 'destination_kind' | 'destination_ref'>): string =>
  row.destination_kind === 'topic' && row.destination_ref !== '*' ? `@${row.destination_ref}` : row.destination_ref;

export const wireRow = (row: OutboxRow): Static<typeof OutboxItem> => ({
  row_id: row.id,
  client_message_id: row.client_message_id,
  mesh: row.mesh,
  to: targetText(row),
  status: row.status,
  delivery: deliveryOf(row),
  attempts: row.attempts,
  priority: row.priority,
  enqueued_at_ns: nanos(row.enqueued_at),
  next_attempt_at_ns: row.status === 'pending' ? nanos(row.next_attempt_at) : null,
  delivered_at_ns: time(row.delivered_at),
  stored_at_ns: time(row.stored_at),
  seen_at_ns: time(row.seen_at),
  seen_by: row.seen_by ?? 0,
  recipients: row.recipients,
  broker_message_id: row.broker_message_id,
  history_id: row.history_id,
  last_error: row.last_error,
  aborted_at_ns: time(row.aborted_at),
  aborted_by: row.aborted_by,
  superseded_by: row.superseded_by,
  reply_to_id: row.reply_to_id,
  payload_bytes: row.payload_bytes,
  body_kept: row.payload !== null,
});

export const Message = strict({
  message_id: Text,
  client_message_id: Text,
  broker_message_id: nullable(Text),
  mesh: Text,
  sender_name: Text,
  sender_pubkey: Text,
  sender_member_pubkey: nullable(Text),
  topic: nullable(t.String({ description: 'Null for a message for this daemon or one of its sessions alone.' })),
  body: nullable(t.String({ description: 'Null when it could not be opened.' })),
  undecryptable: t.Boolean(),
  signed: t.Boolean({ description: 'The sender signed recipient, key and priority.' }),
  priority: Text,
  subtype: nullable(Text),
  meta: t.Unknown(),
  reply_to_id: nullable(Text),
  created_at: Text,
  received_at_ns: Nanos,
  seen_at_ns: nullable(Nanos),
  recipient_pubkey: nullable(Text),
  recipient_kind: nullable(names('member', 'session')),
});

export const wireMessage = (row: InboxRow): Static<typeof Message> => ({
  message_id: row.id,
  client_message_id: row.client_message_id,
  broker_message_id: row.broker_message_id,
  mesh: row.mesh,
  sender_name: row.sender_name,
  sender_pubkey: row.sender_pubkey,
  sender_member_pubkey: row.sender_member_pubkey,
  topic: row.topic,
  body: row.body,
  undecryptable: row.undecryptable === 1,
  signed: row.signed === 1,
  priority: row.priority,
  subtype: row.subtype,
  meta: row.meta === null ? null : JSON.parse(row.meta),
  reply_to_id: row.reply_to_id,
  created_at: row.created_at,
  received_at_ns: nanos(row.received_at),
  seen_at_ns: time(row.seen_at),
  recipient_pubkey: row.recipient_pubkey,
  recipient_kind: row.recipient_kind,
});
