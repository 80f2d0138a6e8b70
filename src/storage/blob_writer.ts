import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { ZstdCompress } from 'node:zlib';
import { failpoint } from '../kernel/failpoint';
import { blobError } from './blob_error';
import type { Encoding } from './blobs';

/** Bytes of one write. Two buffers of this size are all the memory a blob of any length takes. */
const BUFFER_BYTES = 1 << 20;
/** What lies complete and on the disk in a temporary file, under no name yet. */
export interface WrittenBlob {
  readonly file: string;
  /** Lower-case hex sha256 of the content. */
  readonly digest: string;
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly storedBytes: number;
}

/** Writes one blob to a temporary file and hashes it on the way. End it with `finish` or `discard`. */
export class BlobWriter {
  private readonly hash = new Bun.CryptoHasher('sha256');
  private buffer: Buffer;
  private spare: Buffer | undefined;
  private filled = 0;
  private position = 0;
  private writing: Promise<unknown> = Promise.resolve();
  private open = true;
  private compressed: Promise<void> | undefined;
  bytes = 0;

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    expected: number,
    private readonly compressor: ZstdCompress | undefined,
  ) {
    if (compressor) {
      this.compressed = this.takeCompressed(compressor);
      this.compressed.catch(() => {});
    }
    this.buffer = Buffer.allocUnsafe(Math.min(BUFFER_BYTES, Math.max(expected, 4096)));
  }

  /** Creates the file, which must not exist, mode 0600. `expected` bytes, where known, keep the buffer of a small blob small. */
  static async create(file: string, encoding: Encoding, expected = BUFFER_BYTES): Promise<BlobWriter> {
    try {
      const compressor = encoding === 'zstd' ? (await import('node:zlib')).createZstdCompress() : undefined;
      return new BlobWriter(file, await open(file, 'wx', 0o600), expected, compressor);
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Takes a chunk; it may be reused by the caller once this resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    this.hash.update(chunk);
    this.bytes += chunk.length;
    if (!this.compressor) return this.append(chunk);
    // Waits until the chunk was read, so none has to be copied and none piles up.
    const { compressor } = this;
    // Why it fails, if it does, is what `compressed` says.
    const read = new Promise<void>((resolve) => compressor.write(chunk, () => resolve()));
    await Promise.race([read, this.compressed]);
  }

  private async takeCompressed(compressor: ZstdCompress): Promise<void> {
    for await (const chunk of compressor) await this.append(chunk as Uint8Array);
  }

  private async append(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length;) {
      const count = Math.min(this.buffer.length - this.filled, chunk.length - at);
      this.buffer.set(chunk.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled === this.buffer.length) await this.flush();
    }
  }

  /** Everything on the disk. */
  async finish(): Promise<WrittenBlob> {
    try {
      this.compressor?.end();
      await this.compressed;
      await this.flush();
      await this.writing;
      failpoint('blob.before_sync');
      // Once, at the end: a sync in between holds up the writes to the same file for longer than it saves here.
      await this.handle.sync();
      await this.close();
      return {
        file: this.file,
        digest: this.hash.digest('hex'),
        bytes: this.bytes,
        encoding: this.compressor ? 'zstd' : 'identity',
        storedBytes: this.position,
      };
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Leaves nothing behind. May follow `finish`, and does nothing once the file has its real name. */
  async discard(): Promise<void> {
    this.compressor?.destroy();
    await Promise.allSettled([this.compressed, this.writing]);
    await this.close().catch(() => {});
    await unlink(this.file).catch(() => {});
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.handle.close();
  }

  /** Hands the full buffer to the disk and goes on in the other one, after the write before it is done. */
  private async flush(): Promise<void> {
    if (this.filled === 0) return;
    const { buffer, filled, position } = this;
    try {
      failpoint('blob.before_write');
      await this.writing;
    } catch (error) {
      throw blobError(error);
    }
    this.buffer = this.spare ?? Buffer.allocUnsafe(BUFFER_BYTES);
    this.spare = buffer.length === BUFFER_BYTES ? buffer : undefined;
    this.filled = 0;
    this.position += filled;
    this.writing = this.writeAll(buffer, filled, position);
    // Its failure is heard at the next await of it; until then it is nobody's unhandled rejection.
    this.writing.catch(() => {});
  }

  private async writeAll(buffer: Buffer, length: number, position: number): Promise<void> {
    for (let done = 0; done < length;) done += (await this.handle.write(buffer, done, length - done, position + done)).bytesWritten;
  }
}
