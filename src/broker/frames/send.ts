import type { BrokerFrameOf } from '../../areas/mesh/wire/frames_broker';
import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import { brokerMessageId } from '../../areas/mesh/wire/ids';
import { LIMITS } from '../../areas/mesh/wire/limits';
import { ZdError } from '../../kernel/error';
import { failpoint } from '../../kernel/failpoint';
import type { Asked, BrokerDeps } from '../broker';
import type { NewMessage, Seen } from '../message_store';
import type { Presence } from '../presence';
import { resolve } from '../recipients';
import { DAY, TIMES } from '../settings';
import type { Topic } from '../topic_store';

type Send = ClientFrameOf<'send'>;
type Ack = Partial<BrokerFrameOf<'ack'>>;

/** What makes two sends under one id the same: the sender's own fingerprint, or what was sent. */
interface Identity {
  readonly fingerprint: string | null;
  readonly content: string;
}

/**
 * Takes a message: known ids are answered first and cost nothing, then the sender's rate, then whether there is somebody to have it. It is
 * acknowledged when it is stored, with one row for each recipient; from then on the broker answers for it.
 */
export async function send(deps: BrokerDeps, { peer, connection, frame, reply }: Asked<Send>): Promise<void> {
  const { messages, limiter, counters, clock, courier, settings } = deps;
  const answer = (ack: Ack) => reply({ type: 'ack', id: frame.id ?? '', messageId: '', queued: false, ...ack });
  const refuse = (code: string, text: string, also: Ack = {}) => {
    counters.refused(code);
    answer({ error: text, ...also });
  };
  const bytes = frame.ciphertext.length + frame.nonce.length + frame.targetSpec.length;
  if (bytes > LIMITS.message) return refuse('too_large', `payload too large: ${bytes} bytes > MAX_MESSAGE_BYTES=${LIMITS.message}`);
  const clientId = frame.client_message_id ?? null;
  const identity = identityOf(frame);
  const known = clientId === null ? null : messages.seen(peer.meshId, peer.memberId, clientId);
  if (known) {
    // Its own write may be on the way to the disk still.
    await deps.db.write(() => undefined, 'full');
    return answerKnown(known);
  }
  const wait = limiter.take(`${peer.meshId}/${peer.memberId}`, clientId, clock.monotonic());
  if (wait > 0) {
    const perMinute = settings.ratePerSecond * 60;
    return refuse('rate_limit', `rate_limit: max ${perMinute} msg/min (burst ${settings.burst}) — slow down`, { retry_after_ms: wait });
  }
  const target = resolve(deps, peer, connection, frame.targetSpec);
  if (target.code !== undefined) return refuse(target.code, target.code === 'target_offline' ? target.text : `${target.code}: ${target.text}`);
  const { recipients, topic } = target;
  if (!courier.reserve(peer.meshId, recipients, settings.queuePerRecipient))
    return refuse('queue_full', 'queue_full: too many messages wait for a recipient', { retry_after_ms: TIMES.claim });
  const message = messageOf(peer, frame, topic, clock.now());
  let seen: Seen | null = null;
  let seq = 0;
  try {
    const store = () => {
      // The same id may have come over another link a moment ago.
      seen = clientId === null ? null : messages.seen(peer.meshId, peer.memberId, clientId);
      if (seen) return;
      seq = messages.add(message, recipients);
      if (clientId !== null) messages.remember(message, clientId, identity, message.createdAt + settings.dedupeDays * DAY);
    };
    // The recipient may have it while the disk takes it: if the machine dies now its sender has no answer, and says it again.
    await deps.db.write(store, 'full', () => {
      if (!seen) courier.posted(peer.meshId, { seq, id: message.id, priority: message.priority, frame: message.frame }, recipients, connection);
    });
  } catch (error) {
    courier.release(peer.meshId, recipients);
    // Nothing was stored, whatever it was: the sender keeps the message and tries again.
    const fault = error instanceof ZdError ? error : new ZdError('storage');
    if (fault !== error) deps.log.error('a message could not be stored', { error });
    return refuse(fault.code, `${fault.code}: ${fault.message}`, { retry_after_ms: 1000 });
  }
  if (seen) {
    courier.release(peer.meshId, recipients);
    return answerKnown(seen);
  }
  counters.add('accepted');
  failpoint('broker.before_ack');
  answer({
    messageId: message.id,
    queued: true,
    ...(clientId === null ? {} : { client_message_id: clientId, duplicate: false }),
    ...historyOf(topic, message.id),
  });

  function answerKnown(before: Seen): void {
    if (!isSame(before, identity)) {
      return refuse('idempotency_key_reused', 'idempotency_key_reused: request_fingerprint_mismatch (conflict, permanent)', {
        client_message_id: clientId,
        conflict: 'request_fingerprint_mismatch',
        broker_fingerprint_prefix: (before.fingerprint ?? before.content).slice(0, 16),
      });
    }
    counters.add('duplicates');
    answer({
      messageId: before.message_id,
      queued: true,
      client_message_id: clientId,
      duplicate: true,
      history_available: before.topic_id !== null && before.available === 1,
      first_seen_at: new Date(before.first_seen_at).toISOString(),
      ...(before.topic_id === null ? {} : { history_id: before.message_id }),
    });
  }
}

const historyOf = (topic: Topic | null, id: string): Ack => (topic ? { history_id: id } : {});

const isSame = (before: Pick<Seen, 'fingerprint' | 'content'>, now: Identity): boolean =>
  before.fingerprint !== null && now.fingerprint !== null ? before.fingerprint === now.fingerprint : before.content === now.content;

const identityOf = ({ request_fingerprint, targetSpec, priority, nonce, ciphertext, replyToId }: Send): Identity => ({
  fingerprint: request_fingerprint?.toLowerCase() ?? null,
  content: new Bun.CryptoHasher('sha256').update(JSON.stringify([targetSpec, priority, nonce, ciphertext, replyToId ?? null])).digest('hex'),
});

/** Both shapes of the reference in one: a queued push and a live one carry the same members. */
function messageOf(peer: Presence, frame: Send, topic: Topic | null, now: number): NewMessage {
  const id = brokerMessageId();
  const push: BrokerFrameOf<'push'> = {
    type: 'push',
    messageId: id,
    meshId: peer.meshId,
    senderPubkey: peer.pubkey,
    senderMemberPubkey: peer.memberPubkey,
    senderMemberId: peer.memberId,
    senderName: peer.displayName,
    targetSpec: frame.targetSpec,
    priority: frame.priority,
    nonce: frame.nonce,
    ciphertext: frame.ciphertext,
    createdAt: new Date(now).toISOString(),
    ...(topic ? { topic: topic.name } : {}),
    ...(frame.replyToId ? { replyToId: frame.replyToId } : {}),
    ...(frame.bodyVersion === undefined ? {} : { bodyVersion: frame.bodyVersion }),
    ...(frame.client_message_id === undefined ? {} : { client_message_id: frame.client_message_id }),
    ...(frame.request_fingerprint === undefined ? {} : { request_fingerprint: frame.request_fingerprint }),
    ...(frame.meta ? { meta: frame.meta } : {}),
    ...(frame.signature === undefined ? {} : { signature: frame.signature }),
  };
  return {
    ...{ id, meshId: peer.meshId, topicId: topic?.id ?? null, senderMemberId: peer.memberId, clientMessageId: frame.client_message_id ?? null },
    ...{ createdAt: now, expiresAt: now + (topic ? TIMES.history : TIMES.undelivered), priority: frame.priority, frame: JSON.stringify(push) },
  };
}
