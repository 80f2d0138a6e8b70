import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { brokerApi, type BrokerApi } from './broker_api';
import { isSlug } from './keyring';
import type { JoinedMesh, MeshBook } from './service_types';
import { ClaimReply } from './wire/enrolment';
import { brokerId, inviteCode } from './wire/ids';
import { canonicalV2, inviteFault, inviteLink, parseCanonicalV2, parseInvite, signInvite, type InvitePayload } from './wire/invite';
import { claimLink, lookupOf, openRootKey, parseClaimLink, sealRootKey, type ClaimLink } from './wire/invite_v2';
import { newIdentity, newSymmetricKey } from './wire/keys';
import { sign, verify } from './wire/signature';
import { loadSodium } from './wire/sodium';

export interface LocalBroker {
  readonly url: string;
  /** What lets us make meshes there; null when it cannot be read. */
  readonly token: string | null;
}

export interface EnrollerOptions {
  readonly book: MeshBook;
  readonly clock: Clock;
  /** The broker of this home, as it is known on this machine. */
  localBroker(): LocalBroker;
  /** The token in a file somebody names. Throws `bad_args`. */
  tokenIn(file: string): string;
}

export interface Joined {
  readonly mesh: JoinedMesh;
  /** It was joined before, and nothing was asked or changed. */
  readonly already: boolean;
}

export interface InvitationWish {
  /** What it shall be called; null for a name of its own. */
  readonly id: string | null;
  readonly role: 'admin' | 'member';
  readonly ttlMs: number;
  readonly maxUses: number;
  readonly version: 1 | 2;
}

export interface Invitation {
  /** What it is revoked by. */
  readonly id: string;
  readonly link: string;
  readonly role: 'admin' | 'member';
  /** Milliseconds. */
  readonly expiresAt: number;
  readonly version: 1 | 2;
}

const refused = (message: string) => new ZdError('invite_refused', message);

/** How this daemon comes into meshes, and brings others in. Keys are made here and stay here. */
export class Enroller {
  constructor(private readonly options: EnrollerOptions) {}

  /** Makes a mesh whose owner this daemon is. */
  async create(slug: string, displayName: string, brokerUrl: string | null, tokenFile: string | null): Promise<Joined> {
    const { book, clock } = this.options;
    const local = this.options.localBroker();
    const url = brokerUrl ?? local.url;
    const known = this.known(slug);
    if (known && known.brokerUrl === url) return { mesh: known, already: true };
    if (known) throw new ZdError('conflict', `A mesh ${slug} is joined already, on another broker.`);
    if (!isSlug(slug)) throw new ZdError('bad_args', '/mesh: a name has no two dots in a row', { path: '/mesh' });
    const token = tokenFile !== null ? this.options.tokenIn(tokenFile) : url === local.url ? local.token : null;
    if (token === null)
      throw new ZdError('unauthorized', `Making a mesh on ${url} needs the token of that broker.`, {
        hint: 'It is in broker/token of the home the broker runs in; name that file with --token-file.',
      });
    const sodium = await loadSodium();
    const owner = newIdentity(sodium);
    const { mesh_id, member_id } = await this.api(url).create(
      { slug, owner_pubkey: owner.publicKey, display_name: displayName },
      owner.secretKey,
      token,
    );
    const mesh: JoinedMesh = {
      ...{ slug, meshId: mesh_id, memberId: member_id, displayName, ...owner, brokerUrl: url, joinedAt: clock.now() },
      ...{ rootKey: newSymmetricKey(sodium), inviteVersion: null, ownerPublicKey: owner.publicKey },
    };
    await book.add(mesh);
    return { mesh, already: false };
  }

  /** A link for others, known to the broker when it is returned. */
  async invite(mesh: JoinedMesh, { id: wanted, role, ttlMs, maxUses, version }: InvitationWish): Promise<Invitation> {
    const rootKey = owned(mesh);
    const sodium = await loadSodium();
    const expires_at = Math.floor((this.options.clock.now() + ttlMs) / 1000);
    const about = { role, expires_at, max_uses: maxUses, invite_id: wanted ?? brokerId() };
    const api = this.api(mesh.brokerUrl);
    const common = { broker_url: mesh.brokerUrl, owner_pubkey: mesh.publicKey };
    if (version === 1) {
      const payload = signInvite(
        sodium,
        { v: 1, mesh_id: mesh.meshId, mesh_slug: mesh.slug, expires_at, mesh_root_key: rootKey, role, ...common },
        mesh.secretKey,
      );
      const link = inviteLink(payload);
      const id = await api.invite(mesh, { version, ...about, lookup: lookupOf(parseInvite(link)!.token), signature: payload.signature });
      return { id, link, role, expiresAt: expires_at * 1000, version };
    }
    const [code, key] = [inviteCode(), newSymmetricKey(sodium)];
    const terms = { mesh_id: mesh.meshId, invite_id: about.invite_id, expires_at, role, owner_pubkey: mesh.publicKey };
    const signature = sign(sodium, canonicalV2(terms), mesh.secretKey);
    const id = await api.invite(mesh, { version, ...about, lookup: lookupOf(code), signature, sealed_root_key: sealRootKey(sodium, rootKey, key) });
    return { id, link: claimLink({ v: 2, code, key, ...common }), role, expiresAt: expires_at * 1000, version };
  }

  /** Nobody joins by that link any more; who has joined stays. */
  async revoke(mesh: JoinedMesh, inviteId: string): Promise<void> {
    owned(mesh);
    await this.api(mesh.brokerUrl).revoke(mesh, inviteId);
  }

  /** Joins by a link of either version. `slug` names the mesh here; its own name otherwise. */
  async join(link: string, displayName: string, slug: string | null): Promise<Joined> {
    const claim = parseClaimLink(link);
    if (claim) return this.claim(claim, displayName, slug);
    const invite = parseInvite(link);
    if (!invite) throw new ZdError('bad_args', '/link: it is no invitation', { path: '/link' });
    return this.joinV1(invite, displayName, slug);
  }

  private async joinV1({ token, payload }: { token: string; payload: InvitePayload }, displayName: string, slug: string | null): Promise<Joined> {
    const sodium = await loadSodium();
    const fault = inviteFault(sodium, payload, this.options.clock.now());
    if (fault === 'bad_signature') throw refused('The invitation was altered: its signature does not hold.');
    const known = this.options.book.list().find(({ meshId }) => meshId === payload.mesh_id);
    if (known) return { mesh: known, already: true };
    if (fault) throw refused('The invitation has expired.');
    const name = this.free(slug ?? payload.mesh_slug);
    const keys = newIdentity(sodium);
    const { memberId } = await this.api(payload.broker_url).join({
      ...{ invite_token: token, invite_payload: payload, peer_pubkey: keys.publicKey, display_name: displayName },
    });
    const about = { meshId: payload.mesh_id, memberId, ownerPublicKey: payload.owner_pubkey, brokerUrl: payload.broker_url };
    return this.add({ slug: name, displayName, ...keys, ...about, rootKey: rootKeyOf(payload.mesh_root_key), inviteVersion: 1 });
  }

  private async claim(link: ClaimLink, displayName: string, slug: string | null): Promise<Joined> {
    const { book } = this.options;
    // One owner key makes one mesh here, so a link of the same owner on the same broker is of the mesh that is joined.
    const known = book.list().find((mesh) => mesh.ownerPublicKey === link.owner_pubkey && mesh.brokerUrl === link.broker_url);
    if (known) return { mesh: known, already: true };
    if (slug !== null) this.free(slug);
    const sodium = await loadSodium();
    const keys = newIdentity(sodium);
    const reply: ClaimReply = await this.api(link.broker_url).claim(link.code, { peer_pubkey: keys.publicKey, display_name: displayName });
    const terms = parseCanonicalV2(reply.canonical_v2);
    const holds = verify(sodium, reply.canonical_v2, reply.signature, link.owner_pubkey);
    if (!holds || terms?.mesh_id !== reply.mesh_id || terms.owner_pubkey !== link.owner_pubkey)
      throw refused('The broker answered for another mesh than the link is of; nothing was joined.');
    const rootKey = reply.sealed_root_key === null ? null : openRootKey(sodium, reply.sealed_root_key, link.key);
    if (reply.sealed_root_key !== null && rootKey === null) throw refused('The link does not open what the broker keeps for it; nothing was joined.');
    const about = { meshId: reply.mesh_id, memberId: reply.member_id, ownerPublicKey: link.owner_pubkey, brokerUrl: link.broker_url };
    return this.add({ slug: this.free(slug ?? reply.mesh_slug), displayName, ...keys, ...about, rootKey, inviteVersion: 2 });
  }

  private async add(joined: Omit<JoinedMesh, 'joinedAt'>): Promise<Joined> {
    const mesh = { ...joined, joinedAt: this.options.clock.now() };
    await this.options.book.add(mesh);
    return { mesh, already: false };
  }

  private known(slug: string): JoinedMesh | undefined {
    return this.options.book.list().find((mesh) => mesh.slug === slug);
  }

  private free(slug: string): string {
    if (!isSlug(slug)) throw refused(`The mesh is called ${JSON.stringify(slug)}, which cannot be a name here; give it another one with --as.`);
    if (this.known(slug)) throw new ZdError('conflict', `A mesh ${slug} is joined already.`, { hint: 'Give this one another name with --as.' });
    return slug;
  }

  private api(url: string): BrokerApi {
    return brokerApi(url, this.options.clock);
  }
}

/** The root key of a mesh that is ours. */
function owned(mesh: JoinedMesh): string {
  if (mesh.ownerPublicKey === mesh.publicKey && mesh.rootKey !== null) return mesh.rootKey;
  throw refused(`Only the owner of ${mesh.slug} invites: the daemon that made it.`);
}

/** Claudemesh writes its keys in several alphabets; one that is none of 32 bytes seals nothing. */
function rootKeyOf(text: string): string | null {
  const key = text.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  return /^[A-Za-z0-9_-]{43}$/.test(key) ? key : null;
}
