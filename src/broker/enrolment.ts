import { CreateInvite, CreateMesh, type Claim, type ClaimReply, type Join } from '../areas/mesh/wire/enrolment';
import { brokerId, topicId } from '../areas/mesh/wire/ids';
import { canonicalV2, inviteFault, InvitePayload, ownerRequestText } from '../areas/mesh/wire/invite';
import { lookupOf } from '../areas/mesh/wire/invite_v2';
import { HELLO_SKEW_MS } from '../areas/mesh/wire/limits';
import { verify } from '../areas/mesh/wire/signature';
import type { Sodium } from '../areas/mesh/wire/sodium';
import type { Clock } from '../kernel/clock';
import { checker } from '../kernel/validate';
import type { Db } from '../storage/db';
import type { EndpointStore } from './endpoint_store';
import type { Invite, Member, Mesh, MeshStore, Role } from './mesh_store';
import type { TopicStore } from './topic_store';

/** A request that is refused, with its HTTP status. */
export class EnrolmentRefused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

/** Who signed a request, and when. */
export interface OwnerProof {
  readonly timestamp: number;
  readonly signature: string;
}

const GENERAL = 'general';

/** How meshes come to be, and members into them. Everything is stored for good before it is answered. */
export class Enrolment {
  constructor(
    private readonly db: Db,
    private readonly meshes: MeshStore,
    private readonly endpoints: EndpointStore,
    private readonly topics: TopicStore,
    private readonly sodium: Sodium,
    private readonly clock: Clock,
  ) {}

  /** The same owner asking for the same slug again gets the same mesh: its first reply may have been lost. */
  async createMesh(text: string, proof: OwnerProof): Promise<{ mesh_id: string; mesh_slug: string; member_id: string }> {
    const body = bodyOf(text, CreateMesh);
    this.prove('create', '', text, proof, body.owner_pubkey);
    const now = this.clock.now();
    return this.db.write(() => {
      const known = this.meshes.meshOf(body.owner_pubkey, body.slug);
      const mesh: Mesh = known ?? { id: brokerId(), slug: body.slug, owner_pubkey: body.owner_pubkey, created_at: now };
      if (!known) {
        this.meshes.addMesh(mesh);
        this.topics.add({ id: topicId(), mesh_id: mesh.id, name: GENERAL, description: null, visibility: 'public', created_at: now });
        this.enrol(mesh.id, body.owner_pubkey, body.display_name, 'owner');
      }
      return { mesh_id: mesh.id, mesh_slug: mesh.slug, member_id: this.meshes.member(mesh.id, body.owner_pubkey)!.id };
    }, 'full');
  }

  async createInvite(meshId: string, text: string, proof: OwnerProof): Promise<{ invite_id: string }> {
    const mesh = this.meshes.mesh(meshId);
    if (!mesh) throw new EnrolmentRefused(404, 'mesh_not_found');
    const body = bodyOf(text, CreateInvite);
    this.prove('invite', meshId, text, proof, mesh.owner_pubkey);
    const { version, lookup, role, signature, max_uses } = body;
    const invite: Invite = {
      ...{ id: body.invite_id, mesh_id: meshId, version, lookup, role, max_uses, uses: 0, revoked_at: null, signature },
      ...{ expires_at: body.expires_at * 1000, sealed_root_key: body.sealed_root_key ?? null, created_at: this.clock.now() },
    };
    if (version === 2 && !verify(this.sodium, termsOf(invite, mesh), signature, mesh.owner_pubkey))
      throw new EnrolmentRefused(400, 'invite_bad_signature');
    // Two links of one second with the same terms are one text, so they are one invitation.
    const id = await this.db.write(() => {
      const known = this.meshes.invite(lookup);
      if (known ? known.signature !== signature : this.meshes.hasInvite(invite.id)) throw new EnrolmentRefused(409, 'invite_exists');
      if (!known) this.meshes.addInvite(invite);
      return (known ?? invite).id;
    }, 'full');
    return { invite_id: id };
  }

  async revokeInvite(meshId: string, inviteId: string, text: string, proof: OwnerProof): Promise<void> {
    const mesh = this.meshes.mesh(meshId);
    if (!mesh) throw new EnrolmentRefused(404, 'mesh_not_found');
    this.prove(`revoke ${inviteId}`, meshId, text, proof, mesh.owner_pubkey);
    const found = await this.db.write(() => this.meshes.revokeInvite(meshId, inviteId, this.clock.now()), 'full');
    if (!found) throw new EnrolmentRefused(404, 'invite_not_found');
  }

  async join({ invite_token, invite_payload, peer_pubkey, display_name }: Join): Promise<{ memberId: string; alreadyMember: boolean }> {
    if (!checker(InvitePayload).Check(invite_payload)) throw new EnrolmentRefused(400, 'invite_bad_signature');
    const payload = invite_payload as InvitePayload;
    const mesh = this.meshes.mesh(payload.mesh_id);
    if (!mesh) throw new EnrolmentRefused(400, 'mesh_not_found');
    const invite = this.meshes.invite(lookupOf(invite_token));
    if (!invite || invite.version !== 1) throw new EnrolmentRefused(400, 'invite_not_found');
    if (payload.owner_pubkey !== mesh.owner_pubkey) throw new EnrolmentRefused(400, 'invite_owner_mismatch');
    const fault = inviteFault(this.sodium, payload, 0);
    if (fault || payload.signature !== invite.signature) throw new EnrolmentRefused(400, 'invite_bad_signature');
    if (invite.mesh_id !== mesh.id) throw new EnrolmentRefused(400, 'invite_mesh_mismatch');
    const { member, already } = await this.take(invite, payload.expires_at * 1000, peer_pubkey, display_name, 400);
    return { memberId: member.id, alreadyMember: already };
  }

  async claim(code: string, { peer_pubkey, recipient_x25519_pubkey, display_name }: Claim): Promise<ClaimReply> {
    const invite = this.meshes.invite(lookupOf(code));
    if (!invite || invite.version !== 2) throw new EnrolmentRefused(404, 'not_found');
    if (recipient_x25519_pubkey !== undefined && !isBoxKey(recipient_x25519_pubkey)) throw new EnrolmentRefused(400, 'malformed');
    // The reference's own claim names no key a hello could be signed with, and would have the broker hold the root key: ours has only what the
    // link opens. Its own brokers answer so, too, unless they are told otherwise.
    if (peer_pubkey === undefined && recipient_x25519_pubkey === undefined) throw new EnrolmentRefused(400, 'malformed');
    if (peer_pubkey === undefined) throw new EnrolmentRefused(501, 'invite_v2_disabled');
    const mesh = this.meshes.mesh(invite.mesh_id)!;
    const { member, already } = await this.take(invite, invite.expires_at, peer_pubkey, display_name ?? peer_pubkey.slice(0, 8), 410);
    return {
      ...{ mesh_id: mesh.id, mesh_slug: mesh.slug, member_id: member.id, owner_pubkey: mesh.owner_pubkey },
      ...{ canonical_v2: termsOf(invite, mesh), signature: invite.signature, sealed_root_key: invite.sealed_root_key, already_member: already },
    };
  }

  /** Uses an invitation once for this key. A key that is a member is answered again, and takes no use. */
  private take(invite: Invite, expiresAt: number, pubkey: string, name: string, gone: number): Promise<{ member: Member; already: boolean }> {
    const refuse = (what: string) => new EnrolmentRefused(gone, gone === 410 ? what : `invite_${what}`);
    return this.db.write(() => {
      const known = this.meshes.member(invite.mesh_id, pubkey);
      if (known && known.revoked_at !== null) throw new EnrolmentRefused(gone === 410 ? 403 : 400, 'member_revoked');
      if (known) return { member: known, already: true };
      if (Math.min(expiresAt, invite.expires_at) <= this.clock.now()) throw refuse('expired');
      if (this.meshes.invite(invite.lookup)!.revoked_at !== null) throw refuse('revoked');
      if (!this.meshes.use(invite.lookup)) throw refuse('exhausted');
      return { member: this.enrol(invite.mesh_id, pubkey, name, invite.role), already: false };
    }, 'full');
  }

  private enrol(meshId: string, pubkey: string, displayName: string, role: Role): Member {
    const now = this.clock.now();
    const member: Member = { id: brokerId(), mesh_id: meshId, pubkey, display_name: displayName, role, joined_at: now, revoked_at: null };
    this.meshes.addMember(member);
    this.endpoints.save(meshId, { pubkey, memberId: member.id, kind: 'member', displayName, groups: [], summary: null, lastSeenAt: now });
    const general = this.topics.find(meshId, GENERAL);
    if (general) this.topics.join(general.id, member.id, role === 'owner' ? 'lead' : 'member');
    return member;
  }

  private prove(action: string, meshId: string, text: string, { timestamp, signature }: OwnerProof, ownerPubkey: string): void {
    if (!Number.isSafeInteger(timestamp) || Math.abs(timestamp - this.clock.now()) > HELLO_SKEW_MS) throw new EnrolmentRefused(401, 'timestamp_skew');
    if (!verify(this.sodium, ownerRequestText(action, meshId, text, timestamp), signature, ownerPubkey))
      throw new EnrolmentRefused(401, 'bad_signature');
  }
}

/** 32 bytes in base64url. */
const isBoxKey = (text: string): boolean => /^[A-Za-z0-9_-]{43}=?$/.test(text);

const termsOf = ({ id, expires_at, role }: Invite, mesh: Mesh): string =>
  canonicalV2({ mesh_id: mesh.id, invite_id: id, expires_at: Math.floor(expires_at / 1000), role, owner_pubkey: mesh.owner_pubkey });

/** A JSON body of this shape, or 400 `malformed`. */
export function bodyOf<S extends Parameters<typeof checker>[0]>(text: string, schema: S): S['static' & keyof S] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new EnrolmentRefused(400, 'malformed');
  }
  if (!checker(schema).Check(value)) throw new EnrolmentRefused(400, 'malformed');
  return value as S['static' & keyof S];
}
