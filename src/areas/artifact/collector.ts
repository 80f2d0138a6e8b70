import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import type { BlobKey, BlobStore } from '../../storage/blobs';
import type { Db } from '../../storage/db';
import { artifactEvent } from './events';
import type { Holds } from './holds';
import { overTheLimit, prefixEnd } from './model';
import type { ArtifactRow, ArtifactTable } from './table';

export interface Parts {
  readonly db: Db;
  readonly blobs: BlobStore;
  readonly events: EventService;
  readonly clock: Clock;
  readonly table: ArtifactTable;
  readonly holds: Holds;
  /** What was put less than this long ago stays. */
  readonly graceMs: () => number;
  /** Files from before it belong to nobody who still lives. */
  readonly startedAt: number;
}

export interface CollectRequest {
  readonly maxAgeSecs?: number;
  readonly maxBytes?: number;
  /** Only names that start so may go. */
  readonly prefix: string;
  readonly dryRun: boolean;
  /** Also looks for files that no row knows. */
  readonly files: boolean;
}

export interface Collected {
  readonly names: readonly string[];
  readonly blobs: number;
  readonly freedBytes: number;
}

interface Freed {
  readonly digest: string;
  readonly bytes: number;
}

/** How long a file in quarantine is kept for somebody to look at. */
const QUARANTINE_MS = 7 * 86_400_000;

/** Removes names that are old or too many, and contents without a name. Never what is pinned, being read or put, or was just put. */
export class Collector {
  /** Contents whose files could not be removed yet, because somebody had them in hand. */
  private readonly postponed = new Set<string>();

  constructor(private readonly parts: Parts) {}

  async collect(request: CollectRequest): Promise<Collected> {
    const { db, holds } = this.parts;
    const { names, freed } = await db.write(() => this.decide(request), 'full');
    let freedBytes = 0;
    for (const { digest, bytes } of freed) {
      if (!request.dryRun) {
        // Whoever came in after the commit has the content in hand: it is theirs to name or to leave.
        if (holds.has(digest)) continue;
        this.removeUnlessNamed(digest);
      }
      freedBytes += bytes;
    }
    if (!request.dryRun) for (const digest of [...this.postponed]) this.removeUnlessNamed(digest);
    const stray = request.files ? await this.strayFiles(request.dryRun) : { count: 0, bytes: 0 };
    if (!request.dryRun) this.emptyQuarantine();
    return { names, blobs: freed.length + stray.count, freedBytes: freedBytes + stray.bytes };
  }

  /** The deletions themselves, inside a write; a dry run makes them too and takes them back. */
  private decide(request: CollectRequest): { names: string[]; freed: Freed[] } {
    const { db, events } = this.parts;
    db.sqlite.run('SAVEPOINT artifact_gc');
    const names = [...this.dropAged(request), ...this.dropOverLimit(request)].map(({ name }) => name);
    const freed = this.dropStray();
    if (request.dryRun) db.sqlite.run('ROLLBACK TO artifact_gc');
    db.sqlite.run('RELEASE artifact_gc');
    if (!request.dryRun && names.length > 0)
      events.append(
        artifactEvent('collected', { names: names.length, blobs: freed.length, bytes: freed.reduce((sum, { bytes }) => sum + bytes, 0) }),
      );
    return { names, freed };
  }

  private dropAged({ maxAgeSecs, prefix }: CollectRequest): ArtifactRow[] {
    const { table, holds, clock, graceMs } = this.parts;
    if (maxAgeSecs === undefined) return [];
    const now = clock.now();
    const rows = table.aged(now - maxAgeSecs * 1000, now - graceMs(), prefix, prefixEnd(prefix)).filter(({ digest }) => !holds.has(digest));
    for (const { name } of rows) table.drop(name);
    return rows;
  }

  private dropOverLimit({ maxBytes, prefix }: CollectRequest): ArtifactRow[] {
    const { table, holds, clock, graceMs } = this.parts;
    if (maxBytes === undefined) return [];
    const fresh = clock.now() - graceMs();
    const units = table.units(prefix, prefixEnd(prefix)).map(({ digest, bytes, used_at, pinned, updated_at, outside }) => ({
      digest,
      bytes,
      used_at,
      kept: pinned !== 0 || outside > 0 || updated_at > fresh || holds.has(digest),
    }));
    const rows = overTheLimit(units, maxBytes).flatMap(({ digest }) => table.names(digest));
    for (const { name } of rows) table.drop(name);
    return rows;
  }

  private dropStray(): Freed[] {
    const { table, holds } = this.parts;
    return table
      .stray()
      .filter(({ digest }) => !holds.has(digest) && table.dropBlob(digest))
      .map(({ digest, stored_bytes }) => ({ digest, bytes: stored_bytes }));
  }

  /** Removes a content's files that no row knows, unless somebody has it in hand. Synchronous, so no put can begin in between. */
  removeUnlessNamed(digest: string): void {
    const { table, holds, blobs } = this.parts;
    if (holds.has(digest)) return void this.postponed.add(digest);
    this.postponed.delete(digest);
    const row = table.blob(digest);
    for (const encoding of ['identity', 'zstd'] as const) if (row?.encoding !== encoding) blobs.remove({ digest, encoding });
  }

  /** Files without a row: a crash came between the file and its row, or between the row's end and the file's. */
  private async strayFiles(dryRun: boolean): Promise<{ count: number; bytes: number }> {
    const { blobs } = this.parts;
    const found = { count: 0, bytes: 0 };
    for await (const files of blobs.files()) {
      for (const file of files) {
        if (!isOrphan(this.parts, file)) continue;
        found.count++;
        found.bytes += blobs.stat(file)!.bytes;
        if (!dryRun) blobs.remove(file);
      }
    }
    return found;
  }

  private emptyQuarantine(): void {
    const { blobs, clock } = this.parts;
    for (const file of blobs.quarantineFiles()) if (file.at < clock.now() - QUARANTINE_MS) blobs.removeQuarantined(file);
  }
}

/** Whether a file has no row and nobody is about to give it one. */
export function isOrphan({ blobs, table, holds, clock, graceMs, startedAt }: Parts, key: BlobKey): boolean {
  if (table.blob(key.digest)?.encoding === key.encoding || holds.has(key.digest)) return false;
  const file = blobs.stat(key);
  return file !== null && file.writtenAt <= Math.max(clock.now() - graceMs(), startedAt);
}
