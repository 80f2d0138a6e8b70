import type { Db } from '../storage/db';

export interface Group {
  readonly name: string;
  readonly role?: string;
}

/** A key that messages can be for, as it was last seen. */
export interface Endpoint {
  readonly pubkey: string;
  readonly memberId: string;
  readonly kind: 'member' | 'session';
  readonly displayName: string;
  readonly groups: readonly Group[];
  readonly summary: string | null;
  readonly lastSeenAt: number;
}

interface Row {
  pubkey: string;
  member_id: string;
  kind: 'member' | 'session';
  display_name: string;
  groups: string;
  summary: string | null;
  last_seen_at: number;
}

/** The SQL of the endpoints. Writes are called inside a write of the database. */
export class EndpointStore {
  constructor(private readonly db: Db) {}

  find(meshId: string, pubkey: string): Endpoint | null {
    const row = this.db.sqlite.query<Row, [string, string]>('SELECT * FROM endpoint WHERE mesh_id = ? AND pubkey = ?').get(meshId, pubkey);
    return row && toEndpoint(row);
  }

  all(meshId: string): Endpoint[] {
    return this.db.sqlite.query<Row, [string]>('SELECT * FROM endpoint WHERE mesh_id = ?').all(meshId).map(toEndpoint);
  }

  save(meshId: string, endpoint: Endpoint): void {
    const { pubkey, memberId, kind, displayName, groups, summary, lastSeenAt } = endpoint;
    this.db.sqlite
      .query(
        `INSERT INTO endpoint (mesh_id, pubkey, member_id, kind, display_name, groups, summary, last_seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (mesh_id, pubkey) DO UPDATE SET display_name = excluded.display_name, groups = excluded.groups, summary = excluded.summary,
           last_seen_at = excluded.last_seen_at`,
      )
      .run(meshId, pubkey, memberId, kind, displayName, JSON.stringify(groups), summary, lastSeenAt);
  }

  /** Sessions that nobody has seen for long, and that nothing waits for. */
  forget(before: number): void {
    this.db.sqlite
      .query(
        `DELETE FROM endpoint WHERE kind = 'session' AND last_seen_at < ? AND NOT EXISTS (
           SELECT 1 FROM delivery WHERE delivery.mesh_id = endpoint.mesh_id AND recipient = pubkey AND delivered_at IS NULL)`,
      )
      .run(before);
  }
}

const toEndpoint = (row: Row): Endpoint => ({
  pubkey: row.pubkey,
  memberId: row.member_id,
  kind: row.kind,
  displayName: row.display_name,
  groups: JSON.parse(row.groups) as Group[],
  summary: row.summary,
  lastSeenAt: row.last_seen_at,
});
