import { t, type Static, type TObject, type TSchema } from '../../../kernel/schema';
import { Body, opt, orNull } from './frame_fields';
import { LIMITS } from './limits';

const CORRELATION = { id: orNull(t.String()), _reqId: orNull(t.String()) };

const frame = <T extends string, P extends Record<string, TSchema>>(type: T, properties: P) =>
  t.Object({ type: t.Literal(type), ...CORRELATION, ...properties });

const text = t.String({ maxLength: LIMITS.clientFrame });
const bool = t.Boolean();
const list = t.Array(t.Object({}));
const anything = t.Record(t.String(), t.Unknown());

/** One peer as a broker lists it. */
export const PeerRecord = t.Object({
  pubkey: text,
  memberPubkey: orNull(text),
  displayName: orNull(text),
  status: orNull(text),
  summary: orNull(text),
  groups: orNull(t.Array(t.Unknown())),
  sessionId: orNull(text),
  connectedAt: orNull(text),
  cwd: orNull(text),
  peerRole: orNull(text),
  hostname: orNull(text),
  peerType: orNull(text),
  channel: orNull(text),
  model: orNull(text),
  stats: opt(t.Unknown()),
  visible: orNull(bool),
  profile: opt(t.Unknown()),
});
export type PeerRecord = Static<typeof PeerRecord>;

/** How many recipients have seen a message. */
export const Receipt = t.Object({
  messageId: text,
  clientMessageId: text,
  seen: t.Integer({ minimum: 1 }),
  recipients: t.Integer({ minimum: 1 }),
  seenAt: t.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 }),
});
export type Receipt = Static<typeof Receipt>;

/** Of `push` and its synonym. Two shapes are about: neither names and topic nor the client's id may be relied on. */
const PUSH = {
  messageId: text,
  meshId: opt(text),
  senderPubkey: text,
  priority: text,
  nonce: Body,
  ciphertext: Body,
  createdAt: opt(t.Union([text, t.Number()])),
  senderMemberPubkey: orNull(text),
  senderMemberId: orNull(text),
  senderName: orNull(text),
  topic: orNull(text),
  replyToId: orNull(text),
  client_message_id: orNull(text),
  request_fingerprint: orNull(text),
  subtype: orNull(text),
  event: orNull(text),
  eventData: opt(t.Unknown()),
  bodyVersion: orNull(t.Integer()),
  /** zd: what the sender addressed, its meta, and its own signature over all of it. */
  targetSpec: orNull(text),
  meta: orNull(anything),
  signature: orNull(text),
};

/** Every frame a broker may send, by type. */
export const BROKER_FRAMES = {
  hello_ack: frame('hello_ack', {
    presenceId: text,
    memberDisplayName: orNull(text),
    memberProfile: opt(t.Unknown()),
    meshPolicy: opt(t.Unknown()),
    restored: orNull(bool),
    lastSummary: orNull(text),
    lastSeenAt: orNull(text),
    restoredGroups: opt(t.Unknown()),
    restoredStats: opt(t.Unknown()),
    services: opt(t.Unknown()),
  }),
  /** zd: sent instead of `hello_ack` to a client with the capability `hello_challenge`; `hello_proof` answers it. */
  hello_challenge: frame('hello_challenge', { nonce: text }),
  feature_negotiation_response: frame('feature_negotiation_response', {
    supported: t.Record(t.String(), t.Object({ params: opt(anything) })),
    missing_required: t.Array(text),
  }),
  error: frame('error', { code: text, message: opt(text), kind: opt(text), feature: opt(text), detail: opt(t.Unknown()) }),
  ack: frame('ack', {
    messageId: opt(text),
    queued: opt(bool),
    error: orNull(text),
    /** zd: what a broker with `client_message_id_dedupe` says beside it. */
    duplicate: opt(bool),
    history_id: orNull(text),
    history_available: opt(bool),
    first_seen_at: orNull(text),
    client_message_id: orNull(text),
    conflict: orNull(text),
    broker_fingerprint_prefix: orNull(text),
    retry_after_ms: orNull(t.Number()),
  }),
  push: frame('push', PUSH),
  inbound: frame('inbound', PUSH),
  message_seen_ack: frame('message_seen_ack', {}),
  /** zd: how many recipients have seen messages of this member; said again until `receipts_ack`. */
  receipts: frame('receipts', { receipts: t.Array(Receipt, { maxItems: LIMITS.receipts }) }),
  peers_list: frame('peers_list', { peers: t.Array(PeerRecord) }),
  topic_created: frame('topic_created', { topic: opt(t.Unknown()) }),
  topic_list_response: frame('topic_list_response', { topics: list }),
  topic_members_response: frame('topic_members_response', { members: list }),
  topic_history_response: frame('topic_history_response', { messages: list }),
  state_change: frame('state_change', { key: text, value: t.Unknown(), updatedBy: orNull(text) }),
  state_result: frame('state_result', { key: orNull(text), value: opt(t.Unknown()), updatedBy: orNull(text), updatedAt: orNull(text) }),
  state_list: frame('state_list', { entries: list }),
  memory_stored: frame('memory_stored', { id: text }),
  memory_results: frame('memory_results', { memories: list }),
  skill_ack: frame('skill_ack', { action: opt(text), name: orNull(text) }),
  skill_data: frame('skill_data', { skill: t.Union([t.Object({}), t.Null()]) }),
  skill_list: frame('skill_list', { skills: list }),
  message_status_result: frame('message_status_result', { delivered: bool, deliveredAt: orNull(text), recipients: opt(list), messageId: opt(text) }),
  scheduled_ack: frame('scheduled_ack', { scheduledId: text, deliverAt: opt(t.Number()), cron: orNull(text) }),
  scheduled_list: frame('scheduled_list', { messages: list }),
  cancel_scheduled_ack: frame('cancel_scheduled_ack', { scheduledId: opt(text), ok: opt(bool) }),
  kick_ack: frame('kick_ack', { kicked: opt(t.Unknown()), affected: opt(t.Unknown()), skipped_control_plane: opt(t.Unknown()) }),
  disconnect_ack: frame('disconnect_ack', { kicked: opt(t.Unknown()), affected: opt(t.Unknown()) }),
  ban_ack: frame('ban_ack', {}),
  unban_ack: frame('unban_ack', {}),
  list_bans_result: frame('list_bans_result', { bans: opt(list) }),
} as const satisfies Record<string, TObject>;

export type BrokerFrameType = keyof typeof BROKER_FRAMES;
export type BrokerFrameOf<T extends BrokerFrameType> = Static<(typeof BROKER_FRAMES)[T]>;
export type BrokerFrame = { [T in BrokerFrameType]: BrokerFrameOf<T> }[BrokerFrameType];
/** A message as it arrives, whatever its frame is called. */
export type Push = BrokerFrameOf<'push'>;
