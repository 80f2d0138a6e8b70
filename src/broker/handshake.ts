import { FEATURES } from '../areas/mesh/wire/features';
import type { ClientFrameOf } from '../areas/mesh/wire/frames_client';
import { helloFault, sessionHelloFault } from '../areas/mesh/wire/hello';
import { CLOSE, HELLO_SKEW_MS } from '../areas/mesh/wire/limits';
import { SIGNED, verify } from '../areas/mesh/wire/signature';
import type { Sodium } from '../areas/mesh/wire/sodium';
import type { Clock } from '../kernel/clock';
import type { Logger } from '../kernel/log';
import type { Db } from '../storage/db';
import type { Connection } from './connection';
import type { Counters } from './counters';
import type { Endpoint, EndpointStore } from './endpoint_store';
import type { Member, MeshStore } from './mesh_store';
import type { Presence } from './presence';
import type { Arrival, Presences } from './presences';
import type { BrokerSettings } from './settings';

type Hello = ClientFrameOf<'hello'> | ClientFrameOf<'session_hello'>;

interface Claim {
  readonly memberId: string;
  readonly memberPubkey: string;
  readonly pubkey: string;
}

const MESSAGES: Readonly<Record<string, string>> = {
  timestamp_skew: 'the clocks differ by more than a minute',
  bad_signature: 'the signature does not hold',
  replayed: 'this hello was said before; sign a new one',
  unauthorized: 'the mesh does not know this key',
  revoked: 'this member was banned from the mesh',
  capacity: 'the mesh has no room for another connection',
};

/** Lets in who proves to be a member of the mesh, or a session a member vouches for. */
export class Handshake {
  constructor(
    private readonly deps: {
      readonly db: Db;
      readonly meshes: MeshStore;
      readonly endpoints: EndpointStore;
      readonly presences: Presences;
      readonly sodium: Sodium;
      readonly settings: BrokerSettings;
      readonly counters: Counters;
      readonly clock: Clock;
      readonly log: Logger;
    },
  ) {}

  async hello(connection: Connection, frame: Hello | ClientFrameOf<'hello_proof'>): Promise<void> {
    if (connection.greeting || connection.presence) return this.refuse(connection, 'unexpected_hello', 'one hello is enough');
    connection.greeting = true;
    try {
      if (frame.type === 'hello_proof') await this.proof(connection, frame);
      else await this.first(connection, frame);
    } finally {
      connection.greeting = false;
    }
  }

  private async first(connection: Connection, hello: Hello): Promise<void> {
    const { sodium, clock, meshes, db } = this.deps;
    const now = clock.now();
    const fault = hello.type === 'hello' ? helloFault(sodium, hello, now) : sessionHelloFault(sodium, hello, now);
    if (fault) return this.refuse(connection, fault);
    const claim = claimOf(hello);
    const member = meshes.member(hello.meshId, claim.memberPubkey);
    const refused = this.refusal(hello, claim, member);
    if (refused) return this.refuse(connection, refused);
    // A signature is used once. It is kept as long as its time would let it in, however often the broker starts meanwhile.
    const isNew = await db.write(() => meshes.helloIsNew(hello.signature, hello.timestamp + 2 * HELLO_SKEW_MS), 'normal');
    if (!isNew) return this.refuse(connection, 'replayed');
    if (!connection.isOpen) return;
    const accept = () => this.accept(connection, hello, claim, member!);
    if (!capable(hello, FEATURES.challenge)) return accept();
    const nonce = crypto.getRandomValues(new Uint8Array(32)).toHex();
    connection.challenge = { meshId: hello.meshId, nonce, pubkey: hello.type === 'hello' ? hello.pubkey : claim.pubkey, accept };
    connection.send({ type: 'hello_challenge', nonce });
  }

  private async proof(connection: Connection, { signature }: ClientFrameOf<'hello_proof'>): Promise<void> {
    const { challenge } = connection;
    if (!challenge) return this.refuse(connection, 'no_hello');
    connection.challenge = null;
    const { nonce, pubkey, accept, meshId } = challenge;
    if (!verify(this.deps.sodium, SIGNED.challenge(meshId, pubkey, nonce), signature, pubkey)) return this.refuse(connection, 'bad_signature');
    await accept();
  }

  private refusal(hello: Hello, claim: Claim, member: Member | null): string | null {
    const { meshes, endpoints, presences, settings } = this.deps;
    if (!member) return 'unauthorized';
    if (member.revoked_at !== null) return 'revoked';
    if (member.id !== claim.memberId) return hello.type === 'hello' ? 'member_id_mismatch' : 'parent_member_id_mismatch';
    if (claim.pubkey !== claim.memberPubkey) {
      // A session's key of a plain hello is vouched for by nobody: it must not be one that messages of others come to.
      const taken = endpoints.find(hello.meshId, claim.pubkey);
      if (meshes.member(hello.meshId, claim.pubkey) || (taken && taken.memberId !== member.id)) return 'bad_session_pubkey';
    }
    const back = presences.roster.returning(hello.meshId, claim.pubkey, claim.memberPubkey, hello.sessionId);
    if (!back?.connection && presences.roster.connected(hello.meshId) >= settings.connectionsPerMesh) return 'capacity';
    return null;
  }

  private async accept(connection: Connection, hello: Hello, claim: Claim, member: Member): Promise<void> {
    const { db, endpoints, presences, counters, clock, meshes } = this.deps;
    const { meshId } = hello;
    const before = endpoints.find(meshId, claim.pubkey);
    const displayName = hello.displayName || before?.displayName || member.display_name;
    const known: Endpoint = {
      ...{ pubkey: claim.pubkey, memberId: member.id, displayName, summary: before?.summary ?? null, lastSeenAt: clock.now() },
      kind: claim.pubkey === claim.memberPubkey ? 'member' : 'session',
      groups: groupsOf(hello) ?? before?.groups ?? [],
    };
    // Who was let in can be written to from then on, so its key is stored before it hears so.
    await db.write(() => endpoints.save(meshId, known), 'full');
    // Banned, or gone, meanwhile.
    if (meshes.member(meshId, claim.memberPubkey)?.revoked_at !== null) return this.refuse(connection, 'revoked');
    if (!connection.isOpen) return;
    counters.add('hellos');
    presences.arrive(connection, arrivalOf(hello, claim, member, displayName), before, (presence, back) => {
      connection.send({
        type: 'hello_ack',
        presenceId: presence.id,
        memberDisplayName: member.display_name,
        memberProfile: { roleTag: presence.role, groups: presence.groups, messageMode: 'push' },
        ...(back || before ? { restored: true, lastSeenAt: new Date(before?.lastSeenAt ?? presence.connectedAt).toISOString() } : {}),
        ...(presence.summary === null ? {} : { lastSummary: presence.summary }),
        ...(before && before.groups.length > 0 ? { restoredGroups: before.groups } : {}),
        ...(back ? { restoredStats: presence.stats } : {}),
      });
    });
  }

  private refuse(connection: Connection, code: string, message = MESSAGES[code] ?? code.replaceAll('_', ' ')): void {
    this.deps.counters.refused(code);
    this.deps.log.info('hello refused', { code, remote: connection.remote });
    connection.send({ type: 'error', code, message });
    if (code === 'revoked') connection.close(CLOSE.banned, 'banned');
    else if (code !== 'unexpected_hello') connection.close(CLOSE.refused, code);
  }
}

const claimOf = (hello: Hello): Claim =>
  hello.type === 'hello'
    ? { memberId: hello.memberId, memberPubkey: hello.pubkey, pubkey: hello.sessionPubkey ?? hello.pubkey }
    : { memberId: hello.parentMemberId, memberPubkey: hello.parentMemberPubkey, pubkey: hello.sessionPubkey };

const groupsOf = (hello: Hello): Presence['groups'] | null =>
  hello.groups?.map(({ name, role }) => (role === undefined ? { name } : { name, role })) ?? null;

const capable = ({ capabilities }: Hello, feature: string): boolean => Array.isArray(capabilities) && capabilities.includes(feature);

const arrivalOf = (hello: Hello, { memberId, memberPubkey, pubkey }: Claim, member: Member, displayName: string): Arrival => ({
  ...{ meshId: hello.meshId, memberId, memberPubkey, pubkey, displayName, role: member.role },
  peerRole: pubkey === memberPubkey ? 'control-plane' : 'session',
  sessionId: hello.sessionId,
  pid: hello.pid,
  cwd: hello.cwd,
  hostname: hello.hostname ?? null,
  peerType: hello.peerType ?? null,
  channel: hello.channel ?? null,
  model: hello.model ?? null,
  groups: groupsOf(hello),
});
