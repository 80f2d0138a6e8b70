import type { PeerRecord } from '../areas/mesh/wire/frames_broker';
import type { Status } from '../areas/mesh/wire/frame_fields';
import type { Connection } from './connection';
import type { Group } from './endpoint_store';
import type { Role } from './mesh_store';

export interface Profile {
  readonly avatar?: string | null;
  readonly title?: string | null;
  readonly bio?: string | null;
  readonly capabilities?: readonly string[] | null;
}

/** A peer of a mesh: connected, or gone so recently that it is expected back. */
export interface Presence {
  readonly id: string;
  readonly meshId: string;
  readonly memberId: string;
  readonly memberPubkey: string;
  readonly role: Role;
  /** The session's key; the member's without one. */
  readonly pubkey: string;
  readonly peerRole: 'control-plane' | 'session';
  readonly sessionId: string;
  readonly connectedAt: number;
  displayName: string;
  pid: number;
  cwd: string;
  hostname: string | null;
  peerType: string | null;
  channel: string | null;
  model: string | null;
  groups: readonly Group[];
  status: Status;
  statusSource: 'hook' | 'manual' | 'jsonl';
  statusAt: number;
  summary: string | null;
  visible: boolean;
  profile: Profile;
  stats: Readonly<Record<string, unknown>>;
  connection: Connection | null;
  /** When its connection closed; null while it has one. */
  goneAt: number | null;
}

/** The keys whose messages come to this peer: its own, and its member's. */
export const keysOf = ({ pubkey, memberPubkey }: Presence): readonly string[] => (pubkey === memberPubkey ? [pubkey] : [pubkey, memberPubkey]);

/** Group names are paths: a member of `a/b` is one of `a` too. */
export const isIn = (groups: readonly Group[], name: string): boolean =>
  groups.some((group) => group.name === name || group.name.startsWith(`${name}/`));

export const peerRecord = (presence: Presence): PeerRecord => ({
  pubkey: presence.pubkey,
  memberPubkey: presence.memberPubkey,
  displayName: presence.displayName,
  status: presence.status,
  summary: presence.summary,
  groups: [...presence.groups],
  sessionId: presence.sessionId,
  connectedAt: new Date(presence.connectedAt).toISOString(),
  cwd: presence.cwd,
  peerRole: presence.peerRole,
  visible: presence.visible,
  ...(presence.hostname === null ? {} : { hostname: presence.hostname }),
  ...(presence.peerType === null ? {} : { peerType: presence.peerType }),
  ...(presence.channel === null ? {} : { channel: presence.channel }),
  ...(presence.model === null ? {} : { model: presence.model }),
  stats: presence.stats,
  profile: presence.profile,
});
