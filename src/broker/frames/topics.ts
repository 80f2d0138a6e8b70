import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import { topicId } from '../../areas/mesh/wire/ids';
import { FrameRefused, type Asked, type BrokerDeps } from '../broker';
import type { Presence } from '../presence';
import type { Topic } from '../topic_store';

const MAX_TOPICS = 1000;
const PAGE = 200;

/** Private topics exist only for those in them. */
function visible({ topics }: BrokerDeps, peer: Presence, name: string): Topic {
  const topic = topics.find(peer.meshId, name.replace(/^#/, ''));
  if (!topic || (topic.visibility !== 'public' && !topics.member(topic.id, peer.memberId)))
    throw new FrameRefused('topic_not_found', 'there is no such topic');
  return topic;
}

function joined(deps: BrokerDeps, peer: Presence, name: string): Topic {
  const topic = visible(deps, peer, name);
  if (!deps.topics.member(topic.id, peer.memberId)) throw new FrameRefused('not_authorized', 'join the topic first');
  return topic;
}

const wireTopic = ({ id, name, description, visibility, created_at }: Topic) => ({
  ...{ id, name, description, visibility },
  createdAt: new Date(created_at).toISOString(),
});

/** A topic that is there already is answered as it is, to those who may see it. */
export async function topicCreate(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_create'>>): Promise<void> {
  const { topics, db, clock } = deps;
  const name = frame.name.replace(/^#/, '');
  if (!/^[\p{L}\p{N}._/-]{1,64}$/u.test(name)) throw new FrameRefused('invalid_frame', '/name: letters, digits and . _ / - only');
  const topic = await db.write(() => {
    const known = topics.find(peer.meshId, name);
    if (known) return known;
    if (topics.all(peer.meshId).length >= MAX_TOPICS) throw new FrameRefused('too_many', `a mesh has at most ${MAX_TOPICS} topics`);
    const made: Topic = {
      ...{ id: topicId(), mesh_id: peer.meshId, name, description: frame.description ?? null },
      ...{ visibility: frame.visibility ?? 'public', created_at: clock.now() },
    };
    topics.add(made);
    topics.join(made.id, peer.memberId, 'lead');
    return made;
  }, 'full');
  reply({ type: 'topic_created', topic: wireTopic(visible(deps, peer, topic.id)) });
}

export function topicList({ topics }: BrokerDeps, { peer, reply }: Asked<ClientFrameOf<'topic_list'>>): void {
  const seen = topics.all(peer.meshId).filter(({ id, visibility }) => visibility === 'public' || topics.member(id, peer.memberId));
  const rows = seen.map((topic) => ({ ...wireTopic(topic), memberCount: topic.members, joined: topics.member(topic.id, peer.memberId) !== null }));
  reply({ type: 'topic_list_response', topics: rows });
}

/** Public topics take everybody; into others one is brought by being there when they are made. */
export async function topicJoin(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_join'>>): Promise<void> {
  const topic = visible(deps, peer, frame.topic);
  const role = frame.role === 'observer' ? 'observer' : 'member';
  await deps.db.write(() => deps.topics.join(topic.id, peer.memberId, role), 'full');
  reply({ type: 'ack', id: '', messageId: '', queued: false });
}

export async function topicLeave(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_leave'>>): Promise<void> {
  const topic = visible(deps, peer, frame.topic);
  await deps.db.write(() => deps.topics.leave(topic.id, peer.memberId), 'full');
  reply({ type: 'ack', id: '', messageId: '', queued: false });
}

export function topicMembers(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_members'>>): void {
  const topic = visible(deps, peer, frame.topic);
  const members = deps.topics.members(topic.id).flatMap(({ member_id, role, last_read_at }) => {
    const member = deps.meshes.memberById(member_id);
    if (!member) return [];
    const lastReadAt = last_read_at === null ? null : new Date(last_read_at).toISOString();
    return [{ memberId: member_id, pubkey: member.pubkey, displayName: member.display_name, role, lastReadAt }];
  });
  reply({ type: 'topic_members_response', members });
}

/** Newest first; `beforeId` is the id of the oldest message the client has. */
export function topicHistory(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_history'>>): void {
  const topic = joined(deps, peer, frame.topic);
  const before = frame.beforeId ? deps.messages.seqOf(frame.beforeId) : Number.MAX_SAFE_INTEGER;
  if (before === null) throw new FrameRefused('not_found', 'there is no message of that id');
  const frames = deps.topics.history(topic.id, before, Math.min(frame.limit ?? 50, PAGE));
  const messages = frames.map((text) => {
    const { type: _, messageId, ...message } = JSON.parse(text) as Record<string, unknown>;
    return { id: messageId, ...message };
  });
  reply({ type: 'topic_history_response', messages });
}

export async function topicMarkRead(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'topic_mark_read'>>): Promise<void> {
  const topic = joined(deps, peer, frame.topic);
  await deps.db.write(() => deps.topics.read(topic.id, peer.memberId, deps.clock.now()), 'normal');
  reply({ type: 'ack', id: '', messageId: '', queued: false });
}
