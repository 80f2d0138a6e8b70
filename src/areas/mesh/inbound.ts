import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { failpoint } from '../../kernel/failpoint';
import { uniqueId } from '../../kernel/ids';
import type { Logger } from '../../kernel/log';
import type { Db } from '../../storage/db';
import { meshEvent } from './events';
import type { InboxStore } from './inbox_store';
import type { Link } from './link';
import type { Keys, Sealer } from './sealer';
import { canonicalMeta } from './wire/canonical';
import type { Push } from './wire/frames_broker';
import { isPublicKey } from './wire/keys';

export interface InboundOptions {
  readonly mesh: string;
  readonly meshId: string;
  readonly db: Db;
  readonly inbox: InboxStore;
  readonly events: EventService;
  readonly clock: Clock;
  readonly log: Logger;
  sealer(): Sealer;
  /** Who came, left or changed. */
  peersChanged(event: string, data: Record<string, unknown>): void;
  readonly counters: { received: number; duplicates: number; undecryptable: number; refused: Record<string, number> };
}

/** Whose link something came by. The first of its keys is the recipient's. */
export interface Receiver {
  readonly link: Link;
  readonly kind: 'member' | 'session';
  readonly keys: readonly Keys[];
}

const MAX_ID_CHARS = 256;
const PEER_EVENTS: Readonly<Record<string, 'peer_join' | 'peer_leave'>> = { peer_joined: 'peer_join', peer_left: 'peer_leave' };

/** Takes what the broker pushes: stored first, acknowledged then. What cannot be stored is not acknowledged, and comes again. */
export class Inbound {
  constructor(private readonly options: InboundOptions) {}

  async take(push: Push, to: Receiver): Promise<void> {
    if (push.senderPubkey === 'system' || push.subtype === 'system') return this.system(push, to);
    const { counters, mesh, meshId } = this.options;
    const clientMessageId = push.client_message_id || push.messageId || uniqueId();
    const ack = { type: 'client_ack', clientMessageId, brokerMessageId: push.messageId };
    // Acknowledged all the same: it would come again for ever.
    const refuse = (code: string) => {
      counters.refused[code] = (counters.refused[code] ?? 0) + 1;
      to.link.send(ack);
    };
    if (push.meshId !== undefined && push.meshId !== meshId) return refuse('wrong_mesh');
    if (!isPublicKey(push.senderPubkey)) return refuse('bad_sender');
    if (clientMessageId.length > MAX_ID_CHARS || /\p{Cc}/u.test(clientMessageId)) return refuse('bad_message_id');
    // Our own daemon hears itself in what it sends to many; sessions drop only what they sent themselves.
    const own = to.kind === 'member' ? push.senderMemberPubkey === to.keys[0]!.publicKey : false;
    if (own || (push.senderPubkey === to.keys[0]!.publicKey && push.targetSpec !== push.senderPubkey)) return refuse('self_echo');
    let meta: string;
    try {
      meta = canonicalMeta(push.meta ?? null);
    } catch {
      return refuse('bad_meta');
    }
    const { body, topic, signed } = this.options.sealer().open(push, clientMessageId, to.keys, meta);
    if (body === null) counters.undecryptable++;
    const arrived = {
      mesh,
      senderPubkey: push.senderPubkey,
      senderMemberPubkey: push.senderMemberPubkey ?? null,
      senderName: plain(push.senderName ?? '') || push.senderPubkey.slice(0, 8),
      clientMessageId,
      brokerMessageId: push.messageId || null,
      topic,
      priority: plain(push.priority),
      subtype: push.subtype ?? null,
      replyToId: push.replyToId ?? null,
      meta: meta === '' ? null : meta,
      body,
      signed,
      createdAt: createdAt(push.createdAt, this.options.clock.now()),
      recipient: { pubkey: to.keys[0]!.publicKey, kind: to.kind },
    };
    failpoint('mesh.before_inbox');
    let fresh: boolean;
    try {
      fresh = await this.options.db.write(() => this.options.inbox.add(arrived, this.options.clock.now()), 'full');
    } catch (error) {
      this.options.log.warn('mesh: a message could not be stored; the broker keeps it', { mesh, error });
      return;
    }
    failpoint('mesh.before_client_ack');
    if (fresh) counters.received++;
    else counters.duplicates++;
    to.link.send(ack);
  }

  private async system(push: Push, to: Receiver): Promise<void> {
    // Sessions of ours would say everything a second time.
    if (to.kind === 'session') return;
    const { mesh, events, log } = this.options;
    const data = typeof push.eventData === 'object' && push.eventData !== null ? (push.eventData as Record<string, unknown>) : {};
    const event = plain(push.event ?? 'unknown');
    if (to.keys.some(({ publicKey }) => data.pubkey === publicKey)) return;
    this.options.peersChanged(event, data);
    const kind = PEER_EVENTS[event] ?? 'system';
    const { name = null, pubkey = null, groups } = data;
    const told =
      kind === 'system' ? { ...data, mesh, event } : { mesh, event, name, pubkey, ...(kind === 'peer_join' ? { groups: groups ?? [] } : {}) };
    await events.publish(meshEvent(kind, told)).catch((error: unknown) => log.debug('mesh: an event of a broker was not stored', { mesh, error }));
  }
}

/** Texts of others are shown on terminals. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, ' ').slice(0, 256);

function createdAt(value: string | number | undefined, now: number): string {
  const time = typeof value === 'number' ? value : Date.parse(value ?? '');
  return new Date(Number.isFinite(time) && Math.abs(time) < 8.64e15 ? time : now).toISOString();
}
