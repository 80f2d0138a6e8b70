import { isPublicKey } from '../areas/mesh/wire/keys';
import type { BrokerDeps } from './broker';
import type { Connection } from './connection';
import { isIn, type Presence } from './presence';
import { TIMES } from './settings';
import type { Topic } from './topic_store';

/** Whom a message is for, or why it is for nobody; `code` begins the text of the refusal. */
export type Resolved =
  | { readonly recipients: readonly string[]; readonly topic: Topic | null; readonly code?: undefined }
  | { readonly code: 'target_not_found' | 'topic_not_found' | 'not_authorized' | 'target_offline'; readonly text: string };

const NO_PEER = 'no connected peer for target (not online, or targetSpec is your own key without another session)';

/**
 * The keys a target stands for now, each of which gets the message for itself, connected or not. Groups and broadcasts go to members, and to
 * sessions that named the group themselves; never to the sender's own.
 */
export function resolve(
  deps: Pick<BrokerDeps, 'meshes' | 'endpoints' | 'topics' | 'presences' | 'clock'>,
  peer: Presence,
  connection: Connection,
  spec: string,
): Resolved {
  const { meshes, topics } = deps;
  const { meshId, memberId } = peer;
  if (spec === '*' || spec === '@all') {
    const members = meshes.members(meshId).filter(({ id, revoked_at }) => id !== memberId && revoked_at === null);
    return { recipients: members.map(({ pubkey }) => pubkey).filter((pubkey) => !isHidden(deps, meshId, pubkey)), topic: null };
  }
  if (spec.startsWith('@')) return { recipients: groupKeys(deps, peer, spec.slice(1)), topic: null };
  if (spec.startsWith('#')) {
    const topic = topics.find(meshId, spec.slice(1));
    const own = topic && topics.member(topic.id, memberId);
    if (!topic || (!own && topic.visibility !== 'public')) return { code: 'topic_not_found', text: `there is no topic "${spec.slice(1, 80)}"` };
    if (!own || own.role === 'observer') return { code: 'not_authorized', text: 'join the topic before you write in it' };
    const keys = topics
      .members(topic.id)
      .filter((member) => member.member_id !== memberId)
      .map((member) => meshes.memberById(member.member_id)!);
    return { recipients: keys.filter(({ revoked_at }) => revoked_at === null).map(({ pubkey }) => pubkey), topic };
  }
  return direct(deps, peer, connection, spec.toLowerCase());
}

function direct(
  deps: Pick<BrokerDeps, 'meshes' | 'endpoints' | 'presences'>,
  { meshId, memberId }: Presence,
  connection: Connection,
  key: string,
): Resolved {
  if (!isPublicKey(key)) return { code: 'target_not_found', text: 'the target is no key, group or topic' };
  const owner = deps.meshes.member(meshId, key);
  if (owner?.id === memberId) {
    // To oneself means to one's other links; with none there is nobody to read it, now or later.
    const others = deps.presences.roster.served(meshId, key).filter((peer) => peer.connection !== connection && peer.pubkey !== key);
    return others.length > 0 ? { recipients: others.map(({ pubkey }) => pubkey), topic: null } : { code: 'target_offline', text: NO_PEER };
  }
  if (owner?.revoked_at === null) return { recipients: [key], topic: null };
  const session = owner ? null : deps.endpoints.find(meshId, key);
  const member = session && deps.meshes.memberById(session.memberId);
  if (!member || member.revoked_at !== null) return { code: 'target_not_found', text: 'no member or session of the mesh has this key' };
  return connection.presence!.pubkey === key ? { code: 'target_offline', text: NO_PEER } : { recipients: [key], topic: null };
}

function groupKeys(
  { meshes, endpoints, clock }: Pick<BrokerDeps, 'meshes' | 'endpoints' | 'clock'>,
  { meshId, memberId }: Presence,
  group: string,
): string[] {
  const remembered = clock.now() - TIMES.sessionMemory;
  return endpoints
    .all(meshId)
    .filter((each) => each.memberId !== memberId && isIn(each.groups, group) && (each.kind === 'member' || each.lastSeenAt > remembered))
    .filter((each) => meshes.memberById(each.memberId)?.revoked_at === null)
    .map(({ pubkey }) => pubkey);
}

/** Who hides is spared broadcasts. */
const isHidden = ({ presences }: Pick<BrokerDeps, 'presences'>, meshId: string, pubkey: string): boolean =>
  presences.roster.of(meshId).some((peer) => peer.pubkey === pubkey && !peer.visible);
