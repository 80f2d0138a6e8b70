import { t, type Static, type TObject, type TSchema } from '../../../kernel/schema';
import { LIMITS } from './limits';
import { Body, ClientMessageId, Groups, Hex, Id, Meta, Millis, Name, opt, orNull, Priority, Status, Strings, Text } from './frame_fields';

/** A request's own number, echoed in the answer. */
const CORRELATION = { id: opt(Text), _reqId: opt(Text) };

const frame = <T extends string, P extends Record<string, TSchema>>(type: T, properties: P) =>
  t.Object({ type: t.Literal(type), ...CORRELATION, ...properties });

const PEER = {
  sessionId: Text,
  pid: t.Integer({ minimum: 0 }),
  cwd: Text,
  timestamp: Millis,
  signature: Hex,
  displayName: orNull(Text),
  hostname: orNull(Text),
  peerType: orNull(Text),
  channel: orNull(Text),
  model: orNull(Text),
  groups: orNull(Groups),
  protocolVersion: opt(t.Unknown()),
  capabilities: opt(t.Unknown()),
};

const Attestation = t.Object({ sessionPubkey: Hex, parentMemberPubkey: Hex, expiresAt: t.Number(), signature: Hex });

/** Every frame a client may send, by type. */
export const CLIENT_FRAMES = {
  hello: frame('hello', { meshId: Id, memberId: Id, pubkey: Hex, sessionPubkey: opt(Hex), ...PEER }),
  session_hello: frame('session_hello', {
    meshId: Id,
    parentMemberId: Id,
    parentMemberPubkey: Hex,
    sessionPubkey: Hex,
    parentAttestation: Attestation,
    role: orNull(Text),
    ...PEER,
  }),
  /** zd: the answer to a broker's challenge. */
  hello_proof: frame('hello_proof', { signature: Hex }),
  feature_negotiation_request: frame('feature_negotiation_request', { require: opt(Strings), optional: opt(Strings) }),
  send: frame('send', {
    client_message_id: opt(ClientMessageId),
    request_fingerprint: opt(Hex),
    targetSpec: t.String({ minLength: 1, maxLength: 1024, pattern: '^[^\\u0000-\\u001f\\u007f]+$' }),
    priority: Priority,
    nonce: Body,
    ciphertext: Body,
    mentions: orNull(t.Array(Text, { maxItems: 100 })),
    replyToId: orNull(Text),
    bodyVersion: opt(t.Integer({ minimum: 1, maximum: 255 })),
    /** zd: stored and delivered with the message. */
    meta: orNull(Meta),
    /** zd: the sender's own, over what `messageText` spells. */
    signature: opt(Hex),
  }),
  client_ack: frame('client_ack', { clientMessageId: orNull(Text), brokerMessageId: orNull(Text) }),
  /** zd: what the readers of this daemon have seen; answered by `message_seen_ack` when it is stored. */
  message_seen: frame('message_seen', {
    messages: t.Array(t.Object({ messageId: Text, seenAt: Millis }), { maxItems: LIMITS.receipts }),
  }),
  /** zd: the receipts of a `receipts` frame are stored. */
  receipts_ack: frame('receipts_ack', {
    receipts: t.Array(t.Object({ messageId: Text, seen: t.Integer({ minimum: 0 }) }), { maxItems: LIMITS.receipts }),
  }),
  list_peers: frame('list_peers', {}),
  set_status: frame('set_status', { status: Status }),
  set_summary: frame('set_summary', { summary: Text }),
  set_visible: frame('set_visible', { visible: t.Boolean() }),
  set_profile: frame('set_profile', { avatar: orNull(Text), title: orNull(Text), bio: orNull(Text), capabilities: orNull(Strings) }),
  set_stats: frame('set_stats', { stats: t.Record(t.String(), t.Unknown()) }),
  join_group: frame('join_group', { name: Name, role: orNull(Text) }),
  leave_group: frame('leave_group', { name: Name }),
  topic_create: frame('topic_create', {
    name: Name,
    description: orNull(Text),
    visibility: orNull(t.Union([t.Literal('public'), t.Literal('private'), t.Literal('dm')])),
  }),
  topic_list: frame('topic_list', {}),
  topic_join: frame('topic_join', { topic: Name, role: orNull(Text) }),
  topic_leave: frame('topic_leave', { topic: Name }),
  topic_members: frame('topic_members', { topic: Name }),
  topic_history: frame('topic_history', { topic: Name, limit: orNull(t.Integer({ minimum: 1 })), beforeId: orNull(Text) }),
  topic_mark_read: frame('topic_mark_read', { topic: Name }),
  set_state: frame('set_state', { key: Name, value: t.Unknown() }),
  get_state: frame('get_state', { key: Name }),
  list_state: frame('list_state', {}),
  remember: frame('remember', { content: Body, tags: orNull(Strings) }),
  recall: frame('recall', { query: Text }),
  forget: frame('forget', { memoryId: Text }),
  share_skill: frame('share_skill', {
    name: Name,
    description: Text,
    instructions: Body,
    tags: orNull(Strings),
    manifest: opt(t.Unknown()),
  }),
  get_skill: frame('get_skill', { name: Name }),
  list_skills: frame('list_skills', { query: orNull(Text) }),
  remove_skill: frame('remove_skill', { name: Name }),
  message_status: frame('message_status', { messageId: Text }),
  schedule: frame('schedule', {
    to: Text,
    message: Body,
    deliverAt: opt(t.Number()),
    subtype: orNull(Text),
    cron: orNull(Text),
    recurring: orNull(t.Boolean()),
  }),
  list_scheduled: frame('list_scheduled', {}),
  cancel_scheduled: frame('cancel_scheduled', { scheduledId: Text }),
  kick: frame('kick', { target: orNull(Text), stale: orNull(t.Number()), all: orNull(t.Boolean()) }),
  disconnect: frame('disconnect', { target: orNull(Text), stale: orNull(t.Number()), all: orNull(t.Boolean()) }),
  ban: frame('ban', { target: Text }),
  unban: frame('unban', { target: Text }),
  list_bans: frame('list_bans', {}),
} as const satisfies Record<string, TObject>;

export type ClientFrameType = keyof typeof CLIENT_FRAMES;
export type ClientFrameOf<T extends ClientFrameType> = Static<(typeof CLIENT_FRAMES)[T]>;
export type ClientFrame = { [T in ClientFrameType]: ClientFrameOf<T> }[ClientFrameType];
