import type { Statement } from '../storage/statement';
import type { Db } from '../storage/db';

export type Role = 'owner' | 'admin' | 'member';

export interface Mesh {
  readonly id: string;
  readonly slug: string;
  readonly owner_pubkey: string;
  readonly created_at: number;
}

export interface Member {
  readonly id: string;
  readonly mesh_id: string;
  readonly pubkey: string;
  readonly display_name: string;
  readonly role: Role;
  readonly joined_at: number;
  readonly revoked_at: number | null;
}

export interface Invite {
  readonly id: string;
  readonly mesh_id: string;
  readonly version: 1 | 2;
  readonly lookup: string;
  readonly role: 'admin' | 'member';
  readonly expires_at: number;
  readonly max_uses: number;
  readonly uses: number;
  readonly revoked_at: number | null;
  readonly signature: string;
  readonly sealed_root_key: string | null;
  readonly created_at: number;
}

/** The SQL of meshes, members and invitations, and of the hellos that were used. Writes are called inside a write of the database. */
export class MeshStore {
  private readonly statements = new Map<string, Statement<unknown>>();

  constructor(private readonly db: Db) {}

  private run(sql: string, ...values: (string | number | null)[]): number {
    return this.prepared(sql).run(...values).changes;
  }

  private one<Row>(sql: string, ...values: (string | number)[]): Row | null {
    return this.prepared(sql).get(...values) as Row | null;
  }

  private prepared(sql: string): Statement<unknown> {
    let statement = this.statements.get(sql);
    if (!statement) this.statements.set(sql, (statement = this.db.prepare(sql)));
    return statement;
  }

  mesh(id: string): Mesh | null {
    return this.one('SELECT * FROM mesh WHERE id = ?', id);
  }

  meshOf(ownerPubkey: string, slug: string): Mesh | null {
    return this.one('SELECT * FROM mesh WHERE owner_pubkey = ? AND slug = ?', ownerPubkey, slug);
  }

  count(table: 'mesh' | 'member'): number {
    return this.one<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`)!.rows;
  }

  addMesh(mesh: Mesh): void {
    this.run('INSERT INTO mesh (id, slug, owner_pubkey, created_at) VALUES (?, ?, ?, ?)', mesh.id, mesh.slug, mesh.owner_pubkey, mesh.created_at);
  }

  member(meshId: string, pubkey: string): Member | null {
    return this.one('SELECT * FROM member WHERE mesh_id = ? AND pubkey = ?', meshId, pubkey);
  }

  memberById(id: string): Member | null {
    return this.one('SELECT * FROM member WHERE id = ?', id);
  }

  members(meshId: string): Member[] {
    return this.prepared('SELECT * FROM member WHERE mesh_id = ? ORDER BY joined_at, id').all(meshId) as Member[];
  }

  addMember(member: Member): void {
    this.run(
      'INSERT INTO member (id, mesh_id, pubkey, display_name, role, joined_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[member.id, member.mesh_id, member.pubkey, member.display_name, member.role, member.joined_at],
    );
  }

  revoke(memberId: string, at: number | null): void {
    this.run('UPDATE member SET revoked_at = ? WHERE id = ?', at, memberId);
  }

  invite(lookup: string): Invite | null {
    return this.one('SELECT * FROM invite WHERE lookup = ?', lookup);
  }

  hasInvite(id: string): boolean {
    return this.one('SELECT id FROM invite WHERE id = ?', id) !== null;
  }

  addInvite(invite: Invite): void {
    this.run(
      `INSERT INTO invite (id, mesh_id, version, lookup, role, expires_at, max_uses, signature, sealed_root_key, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[invite.id, invite.mesh_id, invite.version, invite.lookup, invite.role],
      ...[invite.expires_at, invite.max_uses, invite.signature, invite.sealed_root_key, invite.created_at],
    );
  }

  /** False when there is none of this id. */
  revokeInvite(meshId: string, id: string, at: number): boolean {
    return this.run('UPDATE invite SET revoked_at = coalesce(revoked_at, ?) WHERE id = ? AND mesh_id = ?', at, id, meshId) === 1;
  }

  /** Counts one use; false when none is left. */
  use(lookup: string): boolean {
    return this.run('UPDATE invite SET uses = uses + 1 WHERE lookup = ? AND uses < max_uses AND revoked_at IS NULL', lookup) === 1;
  }

  /** False when this hello was said before. */
  helloIsNew(signature: string, expiresAt: number): boolean {
    return this.run('INSERT INTO hello_seen (signature, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING', signature, expiresAt) === 1;
  }

  forgetHellos(now: number): void {
    this.run('DELETE FROM hello_seen WHERE expires_at < ?', now);
  }
}
