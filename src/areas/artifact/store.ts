import type { Clock } from '../../kernel/clock';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import type { BlobKey, BlobStore } from '../../storage/blobs';
import type { Db } from '../../storage/db';
import { Collector, type Collected, type CollectRequest } from './collector';
import { artifactEvent } from './events';
import { Holds } from './holds';
import { checkName, missing, named, prefixEnd } from './model';
import { Uploader, type Stored, type Upload } from './uploader';
import { ArtifactTable, type ArtifactRow, type BlobRow } from './table';
import { Verifier, type Verified } from './verifier';

/** Read anew at each use, so a changed setting holds at once. Zero: no limit. */
export interface ArtifactLimits {
  readonly maxBlobBytes: number;
  readonly maxInlineBytes: number;
  readonly maxNsBytes: number;
  readonly maxBytes: number;
  readonly graceMs: number;
  /** New contents are kept compressed. */
  readonly compress: boolean;
}

/** Content that was checked and may be read from `path` until the end of this turn of the event loop at least. */
export interface Readable extends BlobKey {
  readonly bytes: number;
  readonly path: string;
}

export interface Statistics {
  readonly hits: number;
  readonly misses: number;
  readonly corrupt: number;
}

const SWEEP_EVERY_MS = 60_000;
/** Every so many sweeps also look for files without a row: the first one after a start, and then once an hour. */
const FILES_EVERY = 60;

/** Names for contents. A put is acknowledged when its content and its row are on the disk; a content is served only after it was checked. */
export class ArtifactStore {
  readonly table: ArtifactTable;
  private readonly holds: Holds;
  private readonly collector: Collector;
  private readonly verifier: Verifier;
  private readonly uploader: Uploader;
  private readonly touches = new Map<string, number>();
  private readonly counts = { hits: 0, misses: 0, corrupt: 0 };
  private timer: Timer | undefined;
  private sweeps = 0;
  private stopped = false;

  constructor(
    private readonly db: Db,
    readonly blobs: BlobStore,
    private readonly events: EventService,
    private readonly clock: Clock,
    private readonly log: Logger,
    readonly limits: () => ArtifactLimits,
  ) {
    this.table = new ArtifactTable(db);
    this.holds = new Holds(clock);
    const parts = { db, blobs, events, clock, table: this.table, holds: this.holds, graceMs: () => limits().graceMs, startedAt: clock.now() };
    this.collector = new Collector(parts);
    this.uploader = new Uploader(parts, this.collector, limits);
    this.verifier = new Verifier(parts, () => this.counts.corrupt++);
  }

  /** Begins to tidy up in the background: what a crash left without a row at once, then every minute what nobody names. */
  start(): void {
    void this.sweep();
    this.timer = setInterval(() => void this.sweep(), SWEEP_EVERY_MS).unref();
  }

  /** Ends the background work and writes down when things were last used. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.flushTouches().catch((error: unknown) => this.log.warn('artifacts: times of use were not stored', { error }));
  }

  /** Stores what the chunks hold under a name. Whatever fails, nothing of it stays. */
  async upload(upload: Upload, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Stored> {
    const stored = await this.uploader.store(upload, chunks);
    this.touches.delete(stored.name);
    return stored;
  }

  /** The row of a name or `no_such_file`. */
  require(name: string): ArtifactRow {
    const row = this.table.find(checkName(name));
    if (row) return row;
    this.counts.misses++;
    throw missing(named(name));
  }

  /** A name's content, checked; counts as a use. */
  async read(name: string): Promise<{ row: ArtifactRow; content: Readable }> {
    const row = this.require(name);
    const content = await this.checked(row, named(name));
    this.touches.set(name, this.clock.now());
    return { row, content };
  }

  /** A content by its digest in lower case, checked. */
  async readDigest(digest: string): Promise<Readable> {
    const blob = this.table.blob(digest);
    if (!blob) this.counts.misses++;
    if (!blob) throw missing(`with the digest ${digest}`);
    return this.checked(blob, `with the digest ${digest}`);
  }

  private async checked(blob: Pick<BlobRow, 'digest' | 'encoding' | 'bytes' | 'corrupt_at'>, what: string): Promise<Readable> {
    const { digest, encoding, bytes } = blob;
    const release = this.holds.take(digest);
    try {
      const verdict = blob.corrupt_at === null ? await this.verifier.check(blob) : 'corrupt';
      if (verdict === 'ok') {
        this.counts.hits++;
        this.holds.read(digest);
        return { digest, encoding, bytes, path: this.blobs.path(blob) };
      }
      this.counts.misses++;
      if (verdict === 'missing') throw missing(`${what}: its content is not there any more`);
      throw new ZdError('artifact_corrupt', `The content of the artifact ${what} is damaged and was taken out of use.`, { extra: { digest } });
    } finally {
      release();
    }
  }

  /** One page of names; flushes the times of use first, so they are true. */
  async list(prefix: string, after: string, limit: number): Promise<ArtifactRow[]> {
    await this.flushTouches();
    return this.table.page(prefix, prefixEnd(prefix), after, limit);
  }

  async delete(name: string): Promise<ArtifactRow> {
    this.require(name);
    const result = await this.db.write(() => {
      const row = this.table.find(name);
      if (!row) return null;
      this.table.drop(name);
      const gone = !this.holds.has(row.digest) && this.table.dropBlob(row.digest);
      this.events.append(artifactEvent('deleted', { name, digest: row.digest, bytes: row.bytes }));
      return { row, gone };
    }, 'full');
    if (!result) throw missing(named(name));
    this.touches.delete(name);
    if (result.gone) this.collector.removeUnlessNamed(result.row.digest);
    return result.row;
  }

  async pin(name: string, pinned: boolean): Promise<ArtifactRow> {
    this.require(name);
    const row = await this.db.write(() => {
      this.table.pin(name, pinned);
      return this.table.find(name);
    }, 'full');
    if (!row) throw missing(named(name));
    return row;
  }

  async collect(request: CollectRequest): Promise<Collected> {
    await this.flushTouches();
    return this.collector.collect(request);
  }

  verify(signal: AbortSignal): Promise<Verified> {
    return this.verifier.all(signal);
  }

  statistics(): Statistics {
    return { ...this.counts };
  }

  /** Times of use are kept in memory and stored together: a get should not cost a transaction. A crash loses the last minute of them. */
  async flushTouches(): Promise<void> {
    if (this.touches.size === 0) return;
    const touches = [...this.touches];
    this.touches.clear();
    await this.db.write(() => {
      for (const [name, at] of touches) this.table.touch(name, at);
    }, 'normal');
  }

  private async sweep(): Promise<void> {
    try {
      this.holds.prune();
      const { maxBytes } = this.limits();
      await this.flushTouches();
      if (this.stopped) return;
      await this.collector.collect({
        maxBytes: maxBytes === 0 ? undefined : maxBytes,
        prefix: '',
        dryRun: false,
        files: this.sweeps++ % FILES_EVERY === 0,
      });
    } catch (error) {
      if (!this.stopped) this.log.warn('artifacts: tidying up failed', { error });
    }
  }
}

declare module '../../kernel/context' {
  interface Services {
    readonly artifacts: ArtifactStore;
  }
}
