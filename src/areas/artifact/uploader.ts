import { ZdError } from '../../kernel/error';
import type { BlobWriter } from '../../storage/blob_writer';
import type { Collector, Parts } from './collector';
import { artifactEvent } from './events';
import { checkName, named, namespaceOf } from './model';
import type { Content } from './table';

/** Below this compression gains nothing worth a second thread. */
const COMPRESS_FROM = 4096;

export interface Upload {
  readonly name: string;
  readonly type: string;
  /** What the content must hash to, lower case; null when the sender did not say. */
  readonly digest: string | null;
  /** What the sender announced; null when it did not. */
  readonly length: number | null;
}

export interface Stored {
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
  /** Whether the name is new. */
  readonly created: boolean;
}

/** Brings contents in: to the disk first, then under their name. */
export class Uploader {
  constructor(
    private readonly parts: Parts,
    private readonly collector: Collector,
    private readonly limits: () => { readonly maxBlobBytes: number; readonly maxNsBytes: number; readonly compress: boolean },
  ) {}

  /** Stores what the chunks hold under a name. Whatever fails, nothing of it stays. */
  async store(upload: Upload, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Stored> {
    checkName(upload.name);
    const { compress, maxBlobBytes } = this.limits();
    checkSize(upload.length ?? 0, maxBlobBytes);
    const encoding = compress && (upload.length ?? COMPRESS_FROM) >= COMPRESS_FROM ? 'zstd' : 'identity';
    const writer = await this.parts.blobs.writer(encoding, upload.length ?? undefined);
    try {
      for await (const chunk of chunks) {
        checkSize(writer.bytes + chunk.length, maxBlobBytes);
        await writer.write(chunk);
      }
      if (upload.length !== null && writer.bytes !== upload.length)
        throw new ZdError('bad_request', `The body ended after ${writer.bytes} of ${upload.length} bytes.`);
      return await this.publish(upload, writer);
    } finally {
      await writer.discard();
    }
  }

  private async publish({ name, type, digest: expected }: Upload, writer: BlobWriter): Promise<Stored> {
    const blob = await writer.finish();
    const { digest, bytes } = blob;
    if (expected !== null && digest !== expected)
      throw new ZdError('digest_mismatch', `The content has the sha256 ${digest}, not ${expected}.`, { extra: { digest, expected } });
    const release = this.parts.holds.take(digest);
    let replaced: string | null;
    let created: boolean;
    try {
      const known = this.inPlace(digest);
      if (!known) await this.parts.blobs.publish(blob);
      ({ replaced, created } = await this.parts.db.write(() => this.point(name, type, known ?? blob), 'full'));
    } finally {
      release();
      this.collector.removeUnlessNamed(digest);
    }
    if (replaced !== null) this.collector.removeUnlessNamed(replaced);
    return { name, digest, bytes, created };
  }

  /** The content as it is there already, known to be good; null when it has to be written. */
  private inPlace(digest: string): Content | null {
    const row = this.parts.table.blob(digest);
    return row && row.corrupt_at === null && this.parts.blobs.isVerified(row) ? { ...row, storedBytes: row.stored_bytes } : null;
  }

  /** Lets a name stand for a content, inside a write. `replaced` is a content that nobody names any more. */
  private point(name: string, type: string, content: Content): { replaced: string | null; created: boolean } {
    const { digest, bytes } = content;
    const before = this.parts.table.find(name);
    const ns = namespaceOf(name);
    const { maxNsBytes } = this.limits();
    if (maxNsBytes > 0) {
      const total = this.parts.table.bytesBeside(ns, name, digest) + bytes;
      if (total > maxNsBytes)
        throw new ZdError(
          'quota_exceeded',
          `The namespace ${named(ns)} would hold ${total} bytes, its quota is ${maxNsBytes} (artifact.max_ns_bytes).`,
          {
            hint: 'Delete artifacts, run `zd artifact gc`, or raise artifact.max_ns_bytes.',
            extra: { limit: maxNsBytes },
          },
        );
    }
    this.parts.table.put(name, ns, content, type, this.parts.clock.now());
    const gone = before !== null && before.digest !== digest && !this.parts.holds.has(before.digest) && this.parts.table.dropBlob(before.digest);
    this.parts.events.append(artifactEvent('put', { name, digest, bytes, created: before === null }));
    return { replaced: gone ? before.digest : null, created: before === null };
  }
}

function checkSize(bytes: number, limit: number): void {
  if (bytes > limit) throw new ZdError('too_large', `The artifact has more than ${limit} bytes (artifact.max_blob_bytes).`, { extra: { limit } });
}
