import { nodeStream, nodeZlib } from '../kernel/builtin';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { THREAD_FROM, type BlobThread } from './blob_thread';
import type { Encoding } from './blobs';

const READ_BYTES = 1 << 20;
/** Larger than the default of 16 KiB: a tenth of the garbage and of the switches between threads. */
const CHUNK_BYTES = 256 << 10;

/** The sha256 of what an open file holds; null when that has another length or cannot be decompressed. */
export async function digestOf(handle: FileHandle, encoding: Encoding, bytes: number, thread: BlobThread): Promise<string | null> {
  if (encoding === 'identity' && bytes >= THREAD_FROM) return digestElsewhere(handle, bytes, thread);
  const hash = new Bun.CryptoHasher('sha256');
  let found = 0;
  const take = (chunk: Uint8Array): boolean => {
    hash.update(chunk);
    found += chunk.length;
    return found <= bytes;
  };
  if (encoding === 'zstd') {
    const plain = decompressor();
    try {
      await nodeStream().promises.pipeline(chunksOf(handle, false), plain, async (chunks: AsyncIterable<Uint8Array>) => {
        for await (const chunk of chunks) if (!take(chunk)) return;
      });
    } catch (error) {
      // What zstd says of a damaged stream; anything the file system says is for the caller.
      if (/^(ZSTD_|Z_|ERR_)/.test(String((error as NodeJS.ErrnoException).code))) return null;
      throw error;
    }
  } else for await (const chunk of chunksOf(handle, true)) if (!take(chunk)) return null;
  return found === bytes ? hash.digest('hex') : null;
}

const decompressor = () => nodeZlib().createZstdDecompress({ chunkSize: CHUNK_BYTES });
/** The same for a large file: one piece is read while another thread hashes the one before. */
async function digestElsewhere(handle: FileHandle, bytes: number, thread: BlobThread): Promise<string | null> {
  const hash = thread.open();
  const buffers = [0, 1].map(() => ({ bytes: new Uint8Array(new SharedArrayBuffer(READ_BYTES)), free: Promise.resolve() }));
  try {
    for (let position = 0, turn = 0; ; turn ^= 1) {
      const buffer = buffers[turn]!;
      await buffer.free;
      const { bytesRead } = await handle.read(buffer.bytes, 0, READ_BYTES, position);
      if (bytesRead === 0) return position === bytes ? await hash.digest() : null;
      position += bytesRead;
      if (position > bytes) return null;
      buffer.free = hash.update(buffer.bytes.subarray(0, bytesRead));
      // Heard at the next await of it.
      buffer.free.catch(() => {});
    }
  } finally {
    hash.drop();
  }
}

/** The file piece by piece; `reuse` when a piece is done with before the next one is asked for. */
async function* chunksOf(handle: FileHandle, reuse: boolean): AsyncGenerator<Buffer> {
  const one = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; ;) {
    const buffer = reuse ? one : Buffer.allocUnsafe(READ_BYTES);
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

/** The bytes from `first` to `last` of a content that lies there as it is. */
export async function* plain(path: string, first: number, last: number): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { start: first, end: last, highWaterMark: CHUNK_BYTES }) as AsyncIterable<Uint8Array>;
}

/** The bytes from `first` to `last` of a compressed content, decompressed as they are asked for. */
export async function* decompressed(path: string, first: number, last: number): AsyncGenerator<Uint8Array> {
  const plain = decompressor();
  const source = createReadStream(path);
  source.on('error', (error) => plain.destroy(error)).pipe(plain);
  try {
    let at = 0;
    for await (const chunk of plain as AsyncIterable<Uint8Array>) {
      const from = Math.max(0, first - at);
      const to = Math.min(chunk.length, last + 1 - at);
      at += chunk.length;
      if (from < to) yield chunk.subarray(from, to);
      if (at > last) return;
    }
  } finally {
    source.destroy();
    plain.destroy();
  }
}
