import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import type { Asked, BrokerDeps } from '../broker';
import { peerRecord, type Presence } from '../presence';

const ack = { type: 'ack', id: '', messageId: '', queued: false } as const;

const news = ({ displayName, pubkey, groups }: Presence) => ({ name: displayName, pubkey, groups });

/** Hidden peers are seen by their own member alone. */
export function listPeers({ presences }: BrokerDeps, { peer, reply }: Asked<ClientFrameOf<'list_peers'>>): void {
  const seen = presences.roster.of(peer.meshId).filter((each) => each.visible || each.memberId === peer.memberId);
  reply({ type: 'peers_list', peers: seen.map(peerRecord) });
}

export function setStatus({ presences }: BrokerDeps, { peer, frame }: Asked<ClientFrameOf<'set_status'>>): void {
  presences.setStatus(peer, frame.status, 'manual');
}

export function setSummary({ presences }: BrokerDeps, { peer, frame }: Asked<ClientFrameOf<'set_summary'>>): void {
  peer.summary = frame.summary;
  presences.remember(peer);
}

export function setVisible({ presences }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'set_visible'>>): void {
  if (peer.visible !== frame.visible) {
    peer.visible = frame.visible;
    presences.tell(peer, frame.visible ? 'peer_visible' : 'peer_hidden', news(peer), peer.memberId);
  }
  reply(ack);
}

export function setProfile(_deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'set_profile'>>): void {
  const { avatar, title, bio, capabilities } = frame;
  const given = Object.entries({ avatar, title, bio, capabilities }).filter(([, value]) => value !== undefined);
  peer.profile = { ...peer.profile, ...Object.fromEntries(given) };
  reply(ack);
}

export function setStats(_deps: BrokerDeps, { peer, frame }: Asked<ClientFrameOf<'set_stats'>>): void {
  peer.stats = frame.stats;
}

export function joinGroup({ presences }: BrokerDeps, { peer, frame }: Asked<ClientFrameOf<'join_group'>>): void {
  const group = { name: frame.name, ...(frame.role ? { role: frame.role } : {}) };
  peer.groups = [...peer.groups.filter(({ name }) => name !== frame.name), group];
  presences.remember(peer);
}

export function leaveGroup({ presences }: BrokerDeps, { peer, frame }: Asked<ClientFrameOf<'leave_group'>>): void {
  peer.groups = peer.groups.filter(({ name }) => name !== frame.name);
  presences.remember(peer);
}
