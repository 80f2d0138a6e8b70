import { nodeZlib } from '../kernel/builtin';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import type { ZstdCompress } from 'node:zlib';
import { failpoint } from '../kernel/failpoint';
import { blobError } from './blob_error';
import { THREAD_FROM, type BlobHash, type BlobThread } from './blob_thread';
import type { Encoding } from './blobs';

/** Bytes that are gathered before they are hashed and written. */
const BUFFER_BYTES = 512 << 10;
/** Most bytes of one write: for larger ones the page cache takes larger pieces of memory, which a virtual machine may have to fetch from its host. */
const WRITE_BYTES = 256 << 10;
/** As many buffers as are filled, hashed and written at a time: all the memory a blob of any length takes. */
const MOST_BUFFERS = 3;
/** The disk begins with what was written every so many bytes, so that little is left for the sync at the end. */
const WRITEBACK_BYTES = 16 << 20;

/** What lies complete and on the disk in a temporary file, under no name yet. */
export interface WrittenBlob {
  readonly file: string;
  /** Lower-case hex sha256 of the content. */
  readonly digest: string;
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly storedBytes: number;
}

interface Part {
  readonly bytes: Uint8Array;
  /** Until it was written and hashed. */
  busy: Promise<unknown>;
}

/** Writes one blob to a temporary file and hashes it on the way. End it with `finish` or `discard`. */
export class BlobWriter {
  private readonly parts: Part[];
  private at = 0;
  private filled = 0;
  private position = 0;
  private begun = 0;
  private open = true;
  /** Hashes what is stored as it is once it fills a buffer; what is less, or is compressed, is hashed here. */
  private remote: BlobHash | null = null;
  private readonly hash = new Bun.CryptoHasher('sha256');
  private compressed: Promise<void> | undefined;
  bytes = 0;

  private constructor(
    readonly file: string,
    private readonly handle: FileHandle,
    private readonly compressor: ZstdCompress | undefined,
    private readonly expected: number,
    private readonly thread: BlobThread,
  ) {
    if (compressor) {
      this.compressed = this.takeCompressed(compressor);
      this.compressed.catch(() => {});
    }
    this.parts = [this.newPart(Math.min(BUFFER_BYTES, Math.max(expected, 4096)))];
  }

  /** Creates the file, which must not exist, mode 0600. `expected` bytes, where known, keep the buffer of a small blob small. */
  static async create(file: string, encoding: Encoding, thread: BlobThread, expected = Infinity): Promise<BlobWriter> {
    try {
      const compressor = encoding === 'zstd' ? nodeZlib().createZstdCompress() : undefined;
      return new BlobWriter(file, await open(file, 'wx', 0o600), compressor, expected, thread);
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Takes a chunk; it may be reused by the caller once this resolves. */
  async write(chunk: Uint8Array): Promise<void> {
    this.bytes += chunk.length;
    if (!this.compressor) return this.append(chunk);
    this.hash.update(chunk);
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
      const { bytes } = this.parts[this.at]!;
      const count = Math.min(bytes.length - this.filled, chunk.length - at);
      bytes.set(chunk.subarray(at, at + count), this.filled);
      this.filled += count;
      at += count;
      if (this.filled === bytes.length) await this.flush();
    }
  }

  /** Everything on the disk. */
  async finish(): Promise<WrittenBlob> {
    try {
      this.compressor?.end();
      await this.compressed;
      await this.flush();
      await Promise.all(this.parts.map(({ busy }) => busy));
      failpoint('blob.before_sync');
      // Once, at the end: a sync in between holds up the writes to the same file for longer than it saves here.
      const [digest] = await Promise.all([this.remote?.digest() ?? this.hash.digest('hex'), this.handle.sync()]);
      await this.close();
      return { file: this.file, digest, bytes: this.bytes, encoding: this.compressor ? 'zstd' : 'identity', storedBytes: this.position };
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Leaves nothing behind. May follow `finish`, and does nothing once the file has its real name. */
  async discard(): Promise<void> {
    this.compressor?.destroy();
    await Promise.allSettled([this.compressed, ...this.parts.map(({ busy }) => busy)]);
    this.remote?.drop();
    await this.close().catch(() => {});
    await unlink(this.file).catch(() => {});
  }

  private async close(): Promise<void> {
    if (!this.open) return;
    this.open = false;
    await this.handle.close();
  }

  /** Hands the buffer to the disk and to the hash, and goes on in another one that both are done with. */
  private async flush(): Promise<void> {
    if (this.filled === 0) return;
    const part = this.parts[this.at]!;
    const bytes = part.bytes.subarray(0, this.filled);
    if (bytes.length === BUFFER_BYTES && !this.compressor && this.expected >= THREAD_FROM) this.remote ??= this.thread.open();
    try {
      failpoint('blob.before_write');
      part.busy = Promise.all([this.writeAll(bytes, this.position), this.hashAll(bytes)]);
      // Its failure is heard at the next await of it; until then it is nobody's unhandled rejection.
      part.busy.catch(() => {});
      this.position += this.filled;
      this.filled = 0;
      this.at = (this.at + 1) % MOST_BUFFERS;
      const next = (this.parts[this.at] ??= this.newPart(BUFFER_BYTES));
      await next.busy;
    } catch (error) {
      throw blobError(error);
    }
  }

  private newPart(length: number): Part {
    const shared = !this.compressor && this.expected >= THREAD_FROM;
    return { bytes: shared ? new Uint8Array(new SharedArrayBuffer(length)) : Buffer.allocUnsafe(length), busy: Promise.resolve() };
  }

  private hashAll(bytes: Uint8Array): Promise<void> | undefined {
    if (this.remote) return this.remote.update(bytes);
    if (!this.compressor) this.hash.update(bytes);
  }

  private async writeAll(bytes: Uint8Array, position: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const length = Math.min(WRITE_BYTES, bytes.length - done);
      done += (await this.handle.write(bytes, done, length, position + done)).bytesWritten;
    }
    const end = position + bytes.length;
    if (!this.remote || end - this.begun < WRITEBACK_BYTES) return;
    this.remote.writeback(this.handle.fd, this.begun, end - this.begun);
    this.begun = end;
  }
}
