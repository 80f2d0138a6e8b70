import type { ClientFrameOf } from '../../areas/mesh/wire/frames_client';
import { brokerId } from '../../areas/mesh/wire/ids';
import { FrameRefused, type Asked, type BrokerDeps } from '../broker';
import type { Memory, State } from '../note_store';
import type { Presence } from '../presence';

/** Rows a mesh may keep of each. */
const MOST = { state: 10_000, memory: 10_000, skill: 1000 } as const;
const RECALLED = 50;

const iso = (ms: number): string => new Date(ms).toISOString();
const done = { type: 'ack', id: '', messageId: '', queued: false } as const;

function room({ notes }: BrokerDeps, table: keyof typeof MOST, { meshId }: Presence): void {
  if (notes.count(table, meshId) >= MOST[table]) throw new FrameRefused('too_many', `a mesh keeps at most ${MOST[table]} of these`);
}

/** Whoever wrote it, and who moderates. */
function mayRemove(peer: Presence, memberId: string): void {
  if (memberId !== peer.memberId && peer.role === 'member') throw new FrameRefused('forbidden', 'it is another member’s');
}

const wireState = ({ key, value, updated_by, updated_at }: State) => ({
  ...{ key, value: JSON.parse(value) as unknown, updatedBy: updated_by },
  updatedAt: iso(updated_at),
});

export async function setState(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'set_state'>>): Promise<void> {
  const { notes, db, presences, clock } = deps;
  const { key } = frame;
  const state = { key, value: JSON.stringify(frame.value ?? null), updated_by: peer.displayName, updated_at: clock.now() };
  await db.write(() => {
    if (!notes.state(peer.meshId, key)) room(deps, 'state', peer);
    notes.setState(peer.meshId, state);
  }, 'full');
  const change = JSON.stringify({ type: 'state_change', key, value: frame.value ?? null, updatedBy: state.updated_by });
  for (const { id, connection } of presences.roster.of(peer.meshId)) if (id !== peer.id) connection?.news(change);
  if (frame.id !== undefined || frame._reqId !== undefined) reply(done);
}

export function getState({ notes }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'get_state'>>): void {
  const state = notes.state(peer.meshId, frame.key);
  reply({ type: 'state_result', key: frame.key, ...(state ? wireState(state) : { value: null }) });
}

export function listState({ notes }: BrokerDeps, { peer, reply }: Asked<ClientFrameOf<'list_state'>>): void {
  reply({ type: 'state_list', entries: notes.states(peer.meshId).map(wireState) });
}

export async function remember(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'remember'>>): Promise<void> {
  const memory: Memory = {
    ...{ id: brokerId(), content: frame.content, tags: JSON.stringify(frame.tags ?? []), member_id: peer.memberId },
    ...{ remembered_by: peer.displayName, remembered_at: deps.clock.now() },
  };
  await deps.db.write(() => {
    room(deps, 'memory', peer);
    deps.notes.addMemory(peer.meshId, memory);
  }, 'full');
  // The members of the answer come before the numbers of the request, one of which is called `id` too.
  reply({ type: 'memory_stored', id: memory.id, memoryId: memory.id } as never);
}

export function recall({ notes }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'recall'>>): void {
  const words = frame.query.split(/\s+/).filter(Boolean).slice(0, 16);
  const memories = notes.recall(peer.meshId, words, RECALLED).map((memory) => ({
    ...{ id: memory.id, content: memory.content, tags: JSON.parse(memory.tags) as unknown },
    ...{ rememberedBy: memory.remembered_by, rememberedAt: iso(memory.remembered_at) },
  }));
  reply({ type: 'memory_results', memories });
}

export async function forget({ notes, db }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'forget'>>): Promise<void> {
  const memory = notes.memory(peer.meshId, frame.memoryId);
  if (!memory) throw new FrameRefused('not_found', 'there is no such memory');
  mayRemove(peer, memory.member_id);
  await db.write(() => notes.forget(peer.meshId, frame.memoryId), 'full');
  reply(done);
}

export async function shareSkill(deps: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'share_skill'>>): Promise<void> {
  const { notes, db, clock } = deps;
  const { name, description, instructions, tags, manifest } = frame;
  const content = JSON.stringify({ description, instructions, tags: tags ?? [], ...(manifest === undefined ? {} : { manifest }) });
  await db.write(() => {
    const known = notes.skill(peer.meshId, name);
    if (known) mayRemove(peer, known.member_id);
    else room(deps, 'skill', peer);
    notes.share(peer.meshId, { name, member_id: peer.memberId, author: peer.displayName, created_at: clock.now(), content });
  }, 'full');
  reply({ type: 'skill_ack', action: 'shared', name });
}

export function getSkill({ notes }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'get_skill'>>): void {
  const skill = notes.skill(peer.meshId, frame.name);
  const told = skill && { name: skill.name, ...(JSON.parse(skill.content) as object), author: skill.author, createdAt: iso(skill.created_at) };
  reply({ type: 'skill_data', skill: told });
}

export function listSkills({ notes }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'list_skills'>>): void {
  const query = (frame.query ?? '').toLowerCase();
  const skills = notes.skills(peer.meshId).map(({ name, author, created_at, content }) => {
    const { description, tags } = JSON.parse(content) as { description: string; tags: string[] };
    return { name, description, tags, author, createdAt: iso(created_at) };
  });
  reply({ type: 'skill_list', skills: skills.filter(({ name, description }) => `${name}\n${description}`.toLowerCase().includes(query)) });
}

export async function removeSkill({ notes, db }: BrokerDeps, { peer, frame, reply }: Asked<ClientFrameOf<'remove_skill'>>): Promise<void> {
  const skill = notes.skill(peer.meshId, frame.name);
  if (!skill) throw new FrameRefused('not_found', 'there is no such skill');
  mayRemove(peer, skill.member_id);
  await db.write(() => notes.removeSkill(peer.meshId, frame.name), 'full');
  reply({ type: 'skill_ack', action: 'removed', name: frame.name });
}
