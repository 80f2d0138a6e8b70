import { FEATURES } from '../../areas/mesh/wire/features';
import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import { LIMITS } from '../../areas/mesh/wire/limits';
import { FrameRefused, type Asked, type BrokerDeps } from '../broker';

export async function clientAck({ courier }: BrokerDeps, { connection, frame }: Asked<ClientFrameOf<'client_ack'>>): Promise<void> {
  await courier.acknowledged(connection, frame.brokerMessageId || null, frame.clientMessageId || null);
}

/** What became of a message one sent. */
export function messageStatus(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'message_status'>>): void {
  const { messages, presences, endpoints } = deps;
  if (!/^[0-9A-Za-z]{8,32}$/.test(frame.messageId)) throw new FrameRefused('invalid_argument', 'a message is named by 8 to 32 letters and digits');
  const found = messages.byPrefix(peer.meshId, peer.memberId, frame.messageId);
  if (found.length === 0) throw new FrameRefused('not_found', 'you sent no message of that id');
  if (found.length > 1) throw new FrameRefused('ambiguous_prefix', 'several messages begin so');
  const deliveries = messages.deliveries(found[0]!.seq);
  const recipients = deliveries.map(({ recipient, delivered_at }) => {
    const held = presences.roster.served(peer.meshId, recipient).length > 0 ? 'held' : 'disconnected';
    const name =
      endpoints.find(peer.meshId, recipient)?.displayName ?? deps.meshes.member(peer.meshId, recipient)?.display_name ?? recipient.slice(0, 8);
    return { name, pubkey: recipient, status: delivered_at === null ? held : 'delivered' };
  });
  const times = deliveries.flatMap(({ delivered_at }) => delivered_at ?? []);
  const delivered = times.length === deliveries.length;
  reply({
    type: 'message_status_result',
    messageId: found[0]!.id,
    delivered,
    deliveredAt: delivered && times.length > 0 ? new Date(Math.max(...times)).toISOString() : null,
    recipients,
  });
}

export function negotiate(
  { settings, receipts }: BrokerDeps,
  { connection, frame, reply }: Asked<ClientFrameOf<'feature_negotiation_request'>>,
): void {
  const supported = {
    [FEATURES.dedupe]: {
      params: { version: 1, mode: 'retention_scoped', dedupe_retention_days: settings.dedupeDays, request_fingerprint: true },
    },
    [FEATURES.maxPayload]: { params: { version: 1, inline_bytes: LIMITS.message } },
    [FEATURES.challenge]: { params: { version: 1 } },
    [FEATURES.signed]: { params: { version: 1 } },
    [FEATURES.seen]: { params: { version: 1 } },
  };
  const missing_required = (frame.require ?? []).filter((feature) => !Object.hasOwn(supported, feature));
  reply({ type: 'feature_negotiation_response', supported, missing_required });
  connection.takesReceipts = [...(frame.require ?? []), ...(frame.optional ?? [])].includes(FEATURES.seen);
  receipts.ready(connection);
}
