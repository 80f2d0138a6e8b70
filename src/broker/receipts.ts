import type { Clock } from '../kernel/clock';
import type { Db } from '../storage/db';
import type { Connection } from './connection';
import type { Counters } from './counters';
import type { EndpointStore } from './endpoint_store';
import type { MeshStore } from './mesh_store';
import type { Presence } from './presence';
import type { ReceiptStore } from './receipt_store';
import type { Roster } from './roster';
import { TIMES } from './settings';

/** Receipts a sender is told of at once; as long as it has not said that it stored them, it gets no further ones. */
const PAGE = 100;

/** Tells senders whose messages were seen. What one is to be told is stored, and told until it says that it knows. */
export class Receipts {
  constructor(
    private readonly db: Db,
    private readonly store: ReceiptStore,
    private readonly meshes: MeshStore,
    private readonly endpoints: EndpointStore,
    private readonly roster: Roster,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {}

  /** A member has seen messages: those that were for one of its keys. Resolves when it is stored. */
  async seen({ meshId, memberId }: Presence, messages: readonly { readonly messageId: string; readonly seenAt: number }[]): Promise<void> {
    const now = this.clock.now();
    const told = await this.db.write(() => {
      const senders = new Set<string>();
      for (const { messageId, seenAt } of messages) {
        const message = this.store.message(meshId, messageId);
        const own = message ? this.store.unseen(message.seq).filter((key) => this.ownerOf(meshId, key) === memberId) : [];
        if (!message || own.length === 0) continue;
        const at = Math.min(seenAt, now);
        for (const key of own) this.store.saw(message.seq, key, at);
        if (message.client_message_id === null) continue;
        this.store.open(meshId, message, at);
        senders.add(message.sender_member_id);
      }
      return senders;
    }, 'full');
    for (const sender of told) this.pump(meshId, sender);
  }

  private ownerOf(meshId: string, key: string): string | null {
    return this.meshes.member(meshId, key)?.id ?? this.endpoints.find(meshId, key)?.memberId ?? null;
  }

  /** What the sender has stored is not told again. */
  async known(connection: Connection, receipts: readonly { readonly messageId: string; readonly seen: number }[]): Promise<void> {
    const { meshId, memberId } = connection.presence!;
    const closed = await this.db.write(
      () => receipts.filter(({ messageId, seen }) => this.store.close(meshId, memberId, messageId, seen)).length,
      'normal',
    );
    if (closed > 0) this.counters.add('receipts', closed);
    connection.receiptsUntil = null;
    this.pump(meshId, memberId);
  }

  /** A link of a sender that understands receipts is there. */
  ready({ presence }: Connection): void {
    if (presence) this.pump(presence.meshId, presence.memberId);
  }

  /** Tells again what was not confirmed in time. */
  sweep(connection: Connection): void {
    const { receiptsUntil, presence } = connection;
    if (receiptsUntil === null || receiptsUntil > this.clock.monotonic() || !presence) return;
    connection.receiptsUntil = null;
    this.pump(presence.meshId, presence.memberId);
  }

  private pump(meshId: string, memberId: string): void {
    const link = this.roster
      .of(meshId)
      .find((peer) => peer.memberId === memberId && peer.pubkey === peer.memberPubkey && peer.connection?.takesReceipts)?.connection;
    if (!link || link.receiptsUntil !== null) return;
    const receipts = this.store.page(meshId, memberId, PAGE);
    if (receipts.length > 0 && link.send({ type: 'receipts', receipts })) link.receiptsUntil = this.clock.monotonic() + TIMES.claim;
  }
}
