import type { BlobKey } from '../../storage/blobs';
import type { Db } from '../../storage/db';

/** A name and the content behind it; times in milliseconds. */
export interface ArtifactRow extends BlobKey {
  readonly name: string;
  readonly ns: string;
  readonly bytes: number;
  readonly type: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly last_get_at: number | null;
  readonly used_at: number;
  readonly pinned: number;
  /** Set while the content is in quarantine. */
  readonly corrupt_at: number | null;
}

export interface BlobRow extends BlobKey {
  readonly bytes: number;
  readonly stored_bytes: number;
  readonly written_at: number;
  readonly corrupt_at: number | null;
}

/** A content as it lies on the disk. */
export interface Content extends BlobKey {
  readonly bytes: number;
  readonly storedBytes: number;
}

export interface Sums {
  readonly names: number;
  readonly pinned: number;
  readonly blobs: number;
  readonly bytes: number;
  readonly stored_bytes: number;
  readonly corrupt: number;
}

const COLUMNS = 'a.name, a.ns, a.digest, b.bytes, b.encoding, a.type, a.created_at, a.updated_at, a.last_get_at, a.used_at, a.pinned, b.corrupt_at';
const JOINED = 'artifact AS a JOIN artifact_blob AS b USING (digest)';

/** The SQL of names and contents. What changes something is for inside a write. */
export class ArtifactTable {
  private readonly findStmt;
  private readonly blobStmt;
  private readonly pageStmt;
  private readonly upsertStmt;
  private readonly putBlobStmt;
  private readonly dropStmt;
  private readonly dropBlobStmt;
  private readonly touchStmt;
  private readonly pinStmt;
  private readonly corruptStmt;
  private readonly usedByOthersStmt;
  private readonly agedStmt;
  private readonly unitsStmt;
  private readonly namesStmt;
  private readonly strayStmt;
  private readonly blobsStmt;
  private readonly sumsStmt;
  private readonly nsStmt;

  constructor(db: Db) {
    this.findStmt = db.prepare<ArtifactRow>(`SELECT ${COLUMNS} FROM ${JOINED} WHERE a.name = ?`);
    this.blobStmt = db.prepare<BlobRow>('SELECT digest, bytes, encoding, stored_bytes, written_at, corrupt_at FROM artifact_blob WHERE digest = ?');
    this.pageStmt = db.prepare<ArtifactRow>(
      `SELECT ${COLUMNS} FROM ${JOINED} WHERE a.name > ?1 AND a.name >= ?2 AND (?3 IS NULL OR a.name < ?3) ORDER BY a.name LIMIT ?4`,
    );
    this.upsertStmt =
      db.prepare<null>(`INSERT INTO artifact (name, ns, digest, type, created_at, updated_at, used_at) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5)
      ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, type = excluded.type, updated_at = excluded.updated_at, used_at = excluded.used_at`);
    this.putBlobStmt = db.prepare<null>(`INSERT INTO artifact_blob (digest, bytes, encoding, stored_bytes, written_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT (digest) DO UPDATE SET encoding = excluded.encoding, stored_bytes = excluded.stored_bytes, written_at = excluded.written_at, corrupt_at = NULL`);
    this.dropStmt = db.prepare<null>('DELETE FROM artifact WHERE name = ?');
    this.dropBlobStmt = db.prepare<{ bytes: number }>(
      'DELETE FROM artifact_blob WHERE digest = ?1 AND NOT EXISTS (SELECT 1 FROM artifact WHERE digest = ?1) RETURNING bytes',
    );
    this.touchStmt = db.prepare<null>('UPDATE artifact SET last_get_at = ?1, used_at = max(used_at, ?1) WHERE name = ?2 AND updated_at <= ?1');
    this.pinStmt = db.prepare<null>('UPDATE artifact SET pinned = ? WHERE name = ?');
    this.corruptStmt = db.prepare<null>('UPDATE artifact_blob SET corrupt_at = ? WHERE digest = ? AND corrupt_at IS NULL');
    this.usedByOthersStmt = db.prepare<{ bytes: number }>(
      `SELECT ifnull(sum(bytes), 0) AS bytes FROM artifact_blob WHERE digest <> ?3 AND digest IN (SELECT digest FROM artifact WHERE ns = ?1 AND name <> ?2)`,
    );
    this.agedStmt = db.prepare<ArtifactRow>(
      `SELECT ${COLUMNS} FROM ${JOINED} WHERE a.used_at < ?1 AND a.updated_at <= ?2 AND a.pinned = 0 AND a.name >= ?3 AND (?4 IS NULL OR a.name < ?4) ORDER BY a.used_at, a.name`,
    );
    this.unitsStmt = db.prepare<{ digest: string; bytes: number; used_at: number; pinned: number; updated_at: number; outside: number }>(`
      SELECT a.digest, b.stored_bytes AS bytes, max(a.used_at) AS used_at, max(a.pinned) AS pinned, max(a.updated_at) AS updated_at,
        sum(a.name < ?1 OR (?2 IS NOT NULL AND a.name >= ?2)) AS outside
      FROM ${JOINED} GROUP BY a.digest HAVING outside < count(*)`);
    this.namesStmt = db.prepare<ArtifactRow>(`SELECT ${COLUMNS} FROM ${JOINED} WHERE a.digest = ? ORDER BY a.name`);
    this.strayStmt = db.prepare<BlobRow>(
      'SELECT digest, bytes, encoding, stored_bytes, written_at, corrupt_at FROM artifact_blob AS b WHERE NOT EXISTS (SELECT 1 FROM artifact WHERE digest = b.digest)',
    );
    this.blobsStmt = db.prepare<BlobRow>(
      'SELECT digest, bytes, encoding, stored_bytes, written_at, corrupt_at FROM artifact_blob WHERE digest > ? ORDER BY digest LIMIT ?',
    );
    this.sumsStmt = db.prepare<Sums>(`SELECT (SELECT count(*) FROM artifact) AS names, (SELECT count(*) FROM artifact WHERE pinned) AS pinned,
      count(*) AS blobs, ifnull(sum(bytes), 0) AS bytes, ifnull(sum(stored_bytes), 0) AS stored_bytes, count(corrupt_at) AS corrupt FROM artifact_blob`);
    this.nsStmt = db.prepare<{ ns: string; names: number; bytes: number }>(`
      SELECT ns, sum(names) AS names, sum(bytes) AS bytes
      FROM (SELECT a.ns, a.digest, count(*) AS names, b.bytes FROM ${JOINED} GROUP BY a.ns, a.digest) GROUP BY ns ORDER BY ns`);
  }

  find = (name: string): ArtifactRow | null => this.findStmt.get(name);
  blob = (digest: string): BlobRow | null => this.blobStmt.get(digest);
  /** Names above `after` with the prefix, in bytewise order. */
  page = (prefix: string, end: string | null, after: string, limit: number): ArtifactRow[] => this.pageStmt.all(after, prefix, end, limit);
  names = (digest: string): ArtifactRow[] => this.namesStmt.all(digest);
  /** Contents without a name. */
  stray = (): BlobRow[] => this.strayStmt.all();
  blobs = (after: string, limit: number): BlobRow[] => this.blobsStmt.all(after, limit);
  sums = (): Sums => this.sumsStmt.get()!;
  namespaces = () => this.nsStmt.all();
  units = (prefix: string, end: string | null) => this.unitsStmt.all(prefix, end);
  /** Names last used before `before`, not put after `written`, not pinned. */
  aged = (before: number, written: number, prefix: string, end: string | null): ArtifactRow[] => this.agedStmt.all(before, written, prefix, end);
  /** Bytes of the namespace's contents beside this name and this content, each counted once. */
  bytesBeside = (ns: string, name: string, digest: string): number => this.usedByOthersStmt.get(ns, name, digest)!.bytes;

  put(name: string, ns: string, blob: Content, type: string, now: number): void {
    this.putBlobStmt.run(blob.digest, blob.bytes, blob.encoding, blob.storedBytes, now);
    this.upsertStmt.run(name, ns, blob.digest, type, now);
  }

  drop = (name: string): void => void this.dropStmt.run(name);
  /** True when the content had no name left and is gone from the table. */
  dropBlob = (digest: string): boolean => this.dropBlobStmt.get(digest) !== null;
  touch = (name: string, now: number): void => void this.touchStmt.run(now, name);
  pin = (name: string, pinned: boolean): void => void this.pinStmt.run(Number(pinned), name);
  markCorrupt = (digest: string, now: number): boolean => this.corruptStmt.run(now, digest).changes > 0;
}
