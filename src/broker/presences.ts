import { brokerId, brokerMessageId } from '../areas/mesh/wire/ids';
import { CLOSE } from '../areas/mesh/wire/limits';
import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/log';
import type { Db } from '../storage/db';
import type { Connection } from './connection';
import type { Counters } from './counters';
import type { Courier } from './courier';
import type { Endpoint, EndpointStore } from './endpoint_store';
import type { Presence } from './presence';
import type { Roster } from './roster';
import { BOUNDS, TIMES } from './settings';

/** A hello that was accepted. */
export interface Arrival extends Omit<
  Presence,
  'id' | 'connectedAt' | 'status' | 'statusSource' | 'statusAt' | 'summary' | 'visible' | 'profile' | 'stats' | 'connection' | 'goneAt' | 'groups'
> {
  /** Null: it says nothing of groups, so it has those it had. */
  readonly groups: Presence['groups'] | null;
}

/** Who comes, stays and goes, and what the others are told of it. */
export class Presences {
  constructor(
    readonly roster: Roster,
    private readonly db: Db,
    private readonly endpoints: EndpointStore,
    private readonly courier: Courier,
    private readonly counters: Counters,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /** The peer behind this connection from now on; `before` is what was stored of its key. `greet` sends what it must hear first. */
  arrive(connection: Connection, arrival: Arrival, before: Endpoint | null, greet: (presence: Presence, back: boolean) => void): void {
    const { meshId, pubkey, memberPubkey, sessionId } = arrival;
    const back = this.roster.returning(meshId, pubkey, memberPubkey, sessionId);
    const groups = arrival.groups ?? back?.groups ?? before?.groups ?? [];
    const presence: Presence = back
      ? Object.assign(back, definedOf(arrival), { groups })
      : { ...arrival, ...fresh(this.clock.now(), before), groups };
    const old = presence.connection;
    presence.connection = connection;
    presence.goneAt = null;
    connection.presence = presence;
    // Two links of one session would each take the other's messages: the newer one stays.
    if (old && old !== connection) old.close(CLOSE.newerIdentity, 'newer_connection');
    if (!back) this.enter(presence);
    greet(presence, back !== null);
    if (!back && presence.visible) this.announce(presence, before);
    this.courier.rewind(connection);
  }

  /** Those who come and go in quick turns do not fill the mesh with their graces. */
  private enter(presence: Presence): void {
    const gone = this.roster.of(presence.meshId).length >= BOUNDS.peersPerMesh ? this.roster.longestGone(presence.meshId) : null;
    if (gone) this.depart(gone);
    this.roster.add(presence);
  }

  private announce(presence: Presence, before: Endpoint | null): void {
    const about = { name: presence.displayName, pubkey: presence.pubkey, groups: presence.groups };
    const apart = presence.peerRole === 'control-plane' ? presence.memberId : null;
    if (before) {
      const seen = { lastSeenAt: new Date(before.lastSeenAt).toISOString(), summary: before.summary };
      this.tell(presence, 'peer_returned', { ...about, ...seen }, apart);
    } else this.tell(presence, 'peer_joined', about, apart);
  }

  /** News of a peer for all others; `apart` names a member whose own links are spared. */
  tell(about: Presence, event: string, eventData: Readonly<Record<string, unknown>>, apart: string | null = null): void {
    const frame = JSON.stringify({
      type: 'push',
      messageId: brokerMessageId(),
      meshId: about.meshId,
      senderPubkey: 'system',
      priority: 'low',
      nonce: '',
      ciphertext: '',
      createdAt: new Date(this.clock.now()).toISOString(),
      subtype: 'system',
      event,
      eventData,
    });
    for (const { id, memberId, connection } of this.roster.of(about.meshId)) {
      if (id === about.id || !connection || memberId === apart) continue;
      if (!connection.news(frame)) this.counters.add('news_dropped');
    }
  }

  /** A connection closed: its peer is expected back for a while. */
  left(connection: Connection): void {
    const { presence } = connection;
    if (!presence || presence.connection !== connection) return;
    presence.connection = null;
    presence.goneAt = this.clock.monotonic();
    this.remember(presence);
  }

  /** Keeps what is known of a peer's key for when it comes back. */
  remember({ meshId, pubkey, memberPubkey, memberId, displayName, groups, summary }: Presence): void {
    const kind = pubkey === memberPubkey ? 'member' : 'session';
    const endpoint: Endpoint = { pubkey, memberId, kind, displayName, groups, summary, lastSeenAt: this.clock.now() };
    this.db
      .write(() => this.endpoints.save(meshId, endpoint), 'normal')
      .catch((error: unknown) => this.log.warn('what is known of a peer was not stored', { error }));
  }

  /** Somebody is out of the mesh, at once. */
  expel(presence: Presence, code: number, reason: string): void {
    presence.connection?.close(code, reason);
    this.depart(presence);
  }

  private depart(presence: Presence): void {
    presence.connection = null;
    this.roster.remove(presence);
    if (presence.visible) this.tell(presence, 'peer_left', { name: presence.displayName, pubkey: presence.pubkey });
  }

  sweep(): void {
    const now = this.clock.monotonic();
    for (const presence of [...this.roster.all()]) {
      if (presence.goneAt !== null && presence.goneAt + TIMES.grace <= now) this.depart(presence);
      else if (presence.status === 'working' && presence.statusAt + TIMES.working <= now) this.setStatus(presence, 'idle', presence.statusSource);
    }
  }

  /** False when a hook's fresh word stands against it. */
  setStatus(presence: Presence, status: Presence['status'], source: Presence['statusSource']): boolean {
    const now = this.clock.monotonic();
    if (source !== 'hook' && presence.statusSource === 'hook' && presence.statusAt + TIMES.hookFreshness > now) return false;
    const opens = presence.status !== 'idle' && status === 'idle';
    Object.assign(presence, { status, statusSource: source, statusAt: now });
    // What was held back while it was busy is due now.
    if (opens && presence.connection) this.courier.rewind(presence.connection);
    return true;
  }
}

const fresh = (now: number, before: Endpoint | null) => ({
  id: brokerId(),
  connectedAt: now,
  status: 'idle' as const,
  statusSource: 'manual' as const,
  statusAt: 0,
  summary: before?.summary ?? null,
  visible: true,
  profile: {},
  stats: {},
  connection: null,
  goneAt: null,
});

/** What a hello leaves out stays as it was. */
const definedOf = (arrival: Arrival): Partial<Arrival> => Object.fromEntries(Object.entries(arrival).filter(([, value]) => value !== null));
