import { hostname } from 'node:os';
import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { failpoint } from '../../kernel/failpoint';
import type { Logger } from '../../kernel/log';
import type { Part } from '../../kernel/part';
import type { Db } from '../../storage/db';
import { Drain } from './drain';
import { meshEvent } from './events';
import type { Pace } from './flood';
import { Inbound, type Receiver } from './inbound';
import type { InboxStore } from './inbox_store';
import { Link, type LinkState } from './link';
import type { OutboxRow } from './outbox_row';
import type { OutboxStore } from './outbox_store';
import { Roster } from './roster';
import { Sealer, type Keys } from './sealer';
import type { SeenReportStore } from './seen_report_store';
import { SeenReports } from './seen_reports';
import type { JoinedMesh } from './service_types';
import { SessionLinks } from './session_links';
import { FEATURES } from './wire/features';
import type { BrokerFrame, Receipt } from './wire/frames_broker';
import { sign, SIGNED } from './wire/signature';
import { loadSodium } from './wire/sodium';
import type { Wishes } from './wishes';

export interface MeshLimits {
  readonly ackMs: number;
  readonly reconnectMs: number;
  readonly keepBodies: boolean;
  readonly sealGroups: boolean;
}

export interface MeshGround {
  readonly db: Db;
  readonly outbox: OutboxStore;
  readonly inbox: InboxStore;
  readonly wishes: Wishes;
  readonly reports: SeenReportStore;
  readonly events: EventService;
  readonly clock: Clock;
  readonly log: Logger;
  limits(): MeshLimits;
  /** A stable name of this daemon to the broker, so that after a restart it is the same peer. */
  readonly daemonId: string;
  ended(row: OutboxRow): void;
  pace(): Pace | null;
  /** Who has seen what of ours; how many of them were no news. Resolves when it is stored. */
  receipts(mesh: string, receipts: readonly Receipt[]): Promise<number>;
}

export const newCounters = () => ({ received: 0, duplicates: 0, undecryptable: 0, acks: 0, strayAcks: 0, refused: {} as Record<string, number> });

/** One joined mesh: its link, what goes out over it and what comes in. A part of its own, so nothing of another mesh ever waits for it. */
export class Mesh {
  readonly link: Link;
  readonly drain: Drain;
  /** What was seen here, for its senders. */
  readonly seen: SeenReports;
  readonly roster: Roster;
  readonly counters = newCounters();
  readonly part: Part;
  readonly keys: Keys;
  readonly sessions: SessionLinks;
  private sealer: Sealer | null = null;
  private readonly inbound: Inbound;
  private running = false;

  constructor(
    readonly joined: JoinedMesh,
    private readonly ground: MeshGround,
  ) {
    const { slug, meshId, publicKey, secretKey } = joined;
    const { db, outbox, inbox, clock, log, events } = ground;
    this.keys = { publicKey, secretKey };
    this.link = new Link({
      url: joined.brokerUrl,
      clock,
      firstRetryMs: () => ground.limits().reconnectMs,
      hello: () => this.hello(),
      proof: async (nonce) => sign((await this.ready()).sodium, SIGNED.challenge(meshId, publicKey, nonce), secretKey),
      state: (state) => this.changed(state),
      frame: (frame) => this.take(frame, this.receiver()),
      refused: (code) => this.refused(code),
    });
    this.roster = new Roster(this.link, slug, publicKey);
    const shared = { mesh: slug, db, clock, log, counters: this.counters, sealer: () => this.sealer! };
    this.drain = new Drain({
      ...shared,
      store: outbox,
      link: () => this.link,
      route: (row) => (row.sender_session_pubkey === null ? { link: this.link, keys: this.keys } : this.sessions.route(row.sender_session_pubkey)),
      ackMs: () => ground.limits().ackMs,
      keepBodies: () => ground.limits().keepBodies,
      ended: ground.ended,
      pace: ground.pace,
    });
    this.seen = new SeenReports({ mesh: slug, db, log, reports: ground.reports, link: () => this.link });
    this.sessions = new SessionLinks({
      ...{ joined, member: this.keys, clock },
      ready: () => this.ready(),
      firstRetryMs: () => ground.limits().reconnectMs,
      take: (frame, to) => this.take(frame, to),
      refused: (code) => this.refused(code),
      changed: (link, session) => {
        if (link.state === 'open') void db.write(() => outbox.unparkSession(slug, session, clock.now()), 'normal').then(this.drain.wake, () => {});
        else void this.drain.broken(link, 'broker_disconnected: session');
      },
    });
    this.inbound = new Inbound({ ...shared, meshId, inbox, events, peersChanged: (event, data) => this.peersChanged(event, data) });
    this.part = {
      name: partName(slug),
      start: () => this.start(),
      stop: () => this.stop(),
      probe: () => this.fault(),
    };
  }

  /** Null: connected. A text: why it is not; the outbox keeps what is sent meanwhile. */
  fault(): string | null {
    const { state, reason, ended } = this.link;
    if (state === 'open') return null;
    return ended ? `the link has ended: ${reason}` : `not connected to the broker at ${this.joined.brokerUrl}${reason === null ? '' : `: ${reason}`}`;
  }

  async ready(): Promise<Sealer> {
    return (this.sealer ??= new Sealer(await loadSodium(), this.joined, () => this.ground.limits().sealGroups));
  }

  private async start(): Promise<void> {
    if (this.running) return;
    this.running = true;
    this.drain.start();
    this.link.start();
  }

  async stop(): Promise<void> {
    if (!this.running) return;
    this.running = false;
    this.sessions.stop();
    this.seen.stop();
    await this.drain.stop();
    this.link.stop();
  }

  /** Tries again at once, also after an end for good. */
  reconnect(): void {
    this.link.stop();
    if (this.running) this.link.start();
  }

  private receiver(): Receiver {
    return { link: this.link, kind: 'member', keys: [this.keys] };
  }

  private async hello(): Promise<object> {
    const { meshId, memberId, publicKey, secretKey, displayName } = this.joined;
    const { sodium } = await this.ready();
    const timestamp = this.ground.clock.now();
    return {
      type: 'hello',
      ...{ meshId, memberId, pubkey: publicKey, displayName, sessionId: this.ground.daemonId, pid: process.pid, cwd: '/', hostname: hostname() },
      ...{ peerType: 'ai', channel: 'claudemesh-daemon', groups: this.ground.wishes.groups(this.joined.slug), capabilities: [FEATURES.challenge] },
      timestamp,
      signature: sign(sodium, SIGNED.hello(meshId, memberId, publicKey, timestamp), secretKey),
    };
  }

  private changed(state: LinkState): void {
    const { slug } = this.joined;
    const { events, log, wishes } = this.ground;
    this.roster.changed();
    log.info('broker_status', { mesh: slug, status: state, reason: this.link.reason });
    events
      .publish(meshEvent('broker_status', { mesh: slug, status: state, ...(this.link.reason === null ? {} : { reason: this.link.reason }) }))
      .catch(() => {});
    if (state !== 'open') return void this.drain.broken(this.link, `broker_disconnected: ${this.link.reason ?? ''}`);
    for (const frame of wishes.frames(slug)) this.link.send(frame);
    this.sessions.start();
    this.drain.wake();
    this.seen.wake();
  }

  take(frame: BrokerFrame, to: Receiver): void {
    switch (frame.type) {
      case 'ack':
        void this.drain.ack(to.link, frame);
        return;
      case 'push':
      case 'inbound':
        void this.inbound
          .take({ ...frame, type: 'push' }, to)
          .catch((error: unknown) => this.ground.log.error('mesh: a message was not taken', { error }));
        return;
      case 'state_change':
        this.ground.events
          .publish(meshEvent('state_change', { mesh: this.joined.slug, key: frame.key, value: frame.value, by: frame.updatedBy }))
          .catch(() => {});
        return;
      case 'receipts':
        void this.told(frame.receipts, to.link);
        return;
      case 'error':
        this.refused(`broker_${frame.code}`);
    }
  }

  /** Confirmed once it is stored; the broker says it again otherwise. */
  private async told(receipts: readonly Receipt[], link: Link): Promise<void> {
    try {
      const stale = await this.ground.receipts(this.joined.slug, receipts);
      for (let count = 0; count < stale; count++) this.refused('stray_receipt');
      failpoint('mesh.before_receipts_ack');
      link.send({ type: 'receipts_ack', receipts: receipts.map(({ messageId, seen }) => ({ messageId, seen })) });
    } catch (error) {
      this.ground.log.warn('mesh: receipts could not be stored; the broker says them again', { mesh: this.joined.slug, error });
    }
  }

  refused(code: string): void {
    const { refused } = this.counters;
    const known = /^[a-z_]{1,40}$/.test(code) && (Object.hasOwn(refused, code) || Object.keys(refused).length < 50) ? code : 'other';
    refused[known] = (refused[known] ?? 0) + 1;
  }

  private peersChanged(event: string, data: Record<string, unknown>): void {
    this.roster.changed();
    // Somebody whom messages wait for may have come.
    if ((event === 'peer_joined' || event === 'peer_returned') && typeof data.pubkey === 'string') {
      const { pubkey } = data;
      void this.ground.db
        .write(() => this.ground.outbox.unpark(this.joined.slug, pubkey, this.ground.clock.now()), 'normal')
        .then(
          () => {
            this.drain.lanes.letGo(pubkey);
            this.drain.wake();
          },
          () => {},
        );
    }
  }
}

/** Slugs that differ only in what a label cannot hold are told apart by a piece of their hash. */
function partName(slug: string): string {
  const plain = slug.replaceAll(/[^a-z0-9]/g, '_');
  return plain === slug ? `mesh_${slug}` : `mesh_${plain}_${new Bun.CryptoHasher('sha256').update(slug).digest('hex').slice(0, 6)}`;
}
