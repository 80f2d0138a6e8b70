import { isIn, keysOf, type Presence } from './presence';

/** Who is there, by mesh. */
export class Roster {
  private readonly meshes = new Map<string, Map<string, Presence>>();

  add(presence: Presence): void {
    let mesh = this.meshes.get(presence.meshId);
    if (!mesh) this.meshes.set(presence.meshId, (mesh = new Map()));
    mesh.set(presence.id, presence);
  }

  remove({ meshId, id }: Presence): void {
    const mesh = this.meshes.get(meshId);
    mesh?.delete(id);
    if (mesh?.size === 0) this.meshes.delete(meshId);
  }

  /** All peers of a mesh, those in their grace included. */
  of(meshId: string): Presence[] {
    return [...(this.meshes.get(meshId)?.values() ?? [])];
  }

  *all(): Generator<Presence> {
    for (const mesh of this.meshes.values()) yield* mesh.values();
  }

  /** The one that is gone for longest. */
  longestGone(meshId: string): Presence | null {
    return this.of(meshId).reduce<Presence | null>(
      (oldest, peer) => (peer.goneAt !== null && peer.goneAt < (oldest?.goneAt ?? Infinity) ? peer : oldest),
      null,
    );
  }

  connected(meshId: string): number {
    return this.of(meshId).filter(({ connection }) => connection).length;
  }

  /** The peer that came back: the same session's key, or for a member's own link the same session id and key. */
  returning(meshId: string, pubkey: string, memberPubkey: string, sessionId: string): Presence | null {
    return this.of(meshId).find((peer) => peer.pubkey === pubkey && (pubkey !== memberPubkey || peer.sessionId === sessionId)) ?? null;
  }

  /** Connected peers that messages for this key come to. */
  served(meshId: string, key: string): Presence[] {
    return this.of(meshId).filter((peer) => peer.connection && keysOf(peer).includes(key));
  }

  inGroup(meshId: string, group: string): Presence[] {
    return this.of(meshId).filter((peer) => isIn(peer.groups, group));
  }
}
