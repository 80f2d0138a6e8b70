import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import { CLOSE } from '../../areas/mesh/wire/limits';
import { FrameRefused, type Asked, type BrokerDeps } from '../broker';
import type { Member } from '../mesh_store';
import type { Presence } from '../presence';

const PREFIX = 8;

/** The member's role is read anew for every request: a link may be older than a demotion. */
function moderate({ meshes }: BrokerDeps, { memberId }: Presence): Member {
  const member = meshes.memberById(memberId)!;
  if (member.role === 'member') throw new FrameRefused('forbidden', 'only the owner and admins of the mesh may do this');
  return member;
}

/** Peers that a text names: by key, by a prefix of at least 8 digits, or by name; never more than one of them by accident. */
function named(peers: readonly Presence[], target: string): readonly Presence[] {
  const text = target.trim();
  const exact = peers.filter(({ pubkey, memberPubkey }) => pubkey === text.toLowerCase() || memberPubkey === text.toLowerCase());
  if (exact.length > 0) return exact;
  const isPrefix = new RegExp(`^[0-9a-f]{${PREFIX},63}$`, 'i').test(text);
  const close = isPrefix
    ? peers.filter(({ pubkey, memberPubkey }) => pubkey.startsWith(text.toLowerCase()) || memberPubkey.startsWith(text.toLowerCase()))
    : peers.filter(({ displayName }) => displayName.toLowerCase() === text.toLowerCase());
  if (close.length === 0) throw new FrameRefused('not_found', 'no peer matches the target');
  if (new Set(close.map(({ memberId }) => memberId)).size > 1)
    throw new FrameRefused('ambiguous_prefix', 'the target matches peers of several members');
  return close;
}

type Kick = Asked<ClientFrameOf<'kick'>> | Asked<ClientFrameOf<'disconnect'>>;

function chosen(deps: BrokerDeps, { peer, frame }: Kick): readonly Presence[] {
  const now = deps.clock.monotonic();
  const others = deps.presences.roster.of(peer.meshId).filter(({ id }) => id !== peer.id);
  if (frame.all) return others;
  if (typeof frame.stale === 'number') {
    const { stale } = frame;
    return others.filter(({ goneAt }) => goneAt !== null && goneAt + stale <= now);
  }
  if (!frame.target) throw new FrameRefused('invalid_frame', '/target: name a target, `stale` or `all`');
  return named(others, frame.target);
}

/** Members keep their daemon's link: a kick ends sessions. */
export function kick(deps: BrokerDeps, asked: Asked<ClientFrameOf<'kick'>>): void {
  moderate(deps, asked.peer);
  const peers = chosen(deps, asked);
  const sessions = peers.filter(({ peerRole }) => peerRole !== 'control-plane');
  for (const each of sessions) deps.presences.expel(each, CLOSE.kicked, 'kicked');
  const kicked = sessions.map(({ displayName }) => displayName);
  asked.reply({ type: 'kick_ack', kicked, affected: kicked, skipped_control_plane: peers.length - sessions.length });
}

export function disconnect(deps: BrokerDeps, asked: Asked<ClientFrameOf<'disconnect'>>): void {
  moderate(deps, asked.peer);
  const peers = chosen(deps, asked);
  for (const each of peers) deps.presences.expel(each, CLOSE.disconnected, 'disconnected');
  const kicked = peers.map(({ displayName }) => displayName);
  asked.reply({ type: 'disconnect_ack', kicked, affected: kicked });
}

/** A member by id, key or the name of one who is there. */
function memberNamed(deps: BrokerDeps, peer: Presence, target: string): Member {
  const members = deps.meshes.members(peer.meshId);
  const text = target.trim();
  const exact = members.find(({ id, pubkey }) => id === text || pubkey === text.toLowerCase());
  if (exact) return exact;
  const close = members.filter(
    ({ pubkey, display_name }) =>
      display_name.toLowerCase() === text.toLowerCase() || (text.length >= PREFIX && pubkey.startsWith(text.toLowerCase())),
  );
  if (close.length > 1) throw new FrameRefused('ambiguous_prefix', 'the target matches several members');
  return close[0] ?? deps.meshes.memberById(named(deps.presences.roster.of(peer.meshId), text)[0]!.memberId)!;
}

/** Out of the mesh until `unban`: its links end, and what waits for it is dropped. */
export async function ban(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'ban'>>): Promise<void> {
  const by = moderate(deps, peer);
  const member = memberNamed(deps, peer, frame.target);
  if (member.id === by.id) throw new FrameRefused('forbidden', 'nobody bans themselves');
  if (member.role === 'owner' || (member.role === 'admin' && by.role !== 'owner'))
    throw new FrameRefused('forbidden', 'only the owner bans an admin, and nobody the owner');
  const now = deps.clock.now();
  const keys = deps.endpoints.all(peer.meshId).filter(({ memberId }) => memberId === member.id);
  await deps.db.write(() => {
    deps.meshes.revoke(member.id, now);
    for (const { pubkey } of keys) deps.messages.drop(peer.meshId, pubkey, now);
    deps.messages.drop(peer.meshId, member.pubkey, now);
  }, 'full');
  deps.courier.forgetDepths();
  for (const each of deps.presences.roster.of(peer.meshId)) if (each.memberId === member.id) deps.presences.expel(each, CLOSE.banned, 'banned');
  reply({ type: 'ban_ack', ...wireBan({ ...member, revoked_at: now }) } as never);
}

export async function unban(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'unban'>>): Promise<void> {
  moderate(deps, peer);
  const member = memberNamed(deps, peer, frame.target);
  await deps.db.write(() => deps.meshes.revoke(member.id, null), 'full');
  reply({ type: 'unban_ack', memberId: member.id, pubkey: member.pubkey } as never);
}

export function listBans(deps: BrokerDeps, { peer, reply }: Asked<ClientFrameOf<'list_bans'>>): void {
  moderate(deps, peer);
  const bans = deps.meshes.members(peer.meshId).filter(({ revoked_at }) => revoked_at !== null);
  reply({ type: 'list_bans_result', bans: bans.map(wireBan) });
}

const wireBan = ({ id, pubkey, display_name, revoked_at }: Member) => ({
  memberId: id,
  pubkey,
  displayName: display_name,
  bannedAt: revoked_at === null ? null : new Date(revoked_at).toISOString(),
});
