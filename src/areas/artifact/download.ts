import { statSync } from 'node:fs';
import { bodyOfChunks, FILE_HEADER } from '../../kernel/route';
import { ZdError } from '../../kernel/error';
import { decompressed, plain } from '../../storage/blob_reader';
import { acceptsZstd, digestField, matchesTag, parseRanges, rangeStillHolds, tagOf } from './http';
import { multipart } from './multipart';
import type { Readable } from './store';

/** Below this what has to pass through memory is sent in one, with its length. */
const MOST_GATHERED_BYTES = 1 << 20;

/** From so many bytes on a copy of the file is worth more than the connection that is broken off for it. */
const COPY_FROM = 1 << 20;

export interface Labels {
  /** The last segment of it is offered as the file name. */
  readonly name: string;
  readonly type: string;
  /** Whether who asks is on this machine, as the same user: then the reply says where the file is, which a client may copy instead. */
  readonly local?: boolean;
}

/**
 * The reply to `GET` and `HEAD`: the whole, a part or several (206), nothing new (304) or `range_not_satisfiable`. The file goes to the socket
 * without passing through memory, unless it is compressed and the client wants it plain. What somebody uploaded never runs as a page of ours: sandboxed, and of the type it was given.
 */
export async function download(content: Readable, { name, type, local = false }: Labels, method: string, given: Headers): Promise<Response> {
  const { digest, bytes, path, encoding } = content;
  const tag = tagOf(digest);
  const headers: Record<string, string> = {
    etag: tag,
    'accept-ranges': 'bytes',
    'repr-digest': digestField(digest),
    // A name may stand for something else at any time; its tag tells (RFC 9111 §5.2.2.4).
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
    'content-security-policy': "sandbox; default-src 'none'",
  };
  if (encoding === 'zstd') headers['vary'] = 'accept-encoding';
  if (matchesTag(given.get('if-none-match'), tag)) return new Response(null, { status: 304, headers });
  const asked = method === 'HEAD' ? null : given.get('range');
  const asItLies = encoding === 'zstd' && asked === null && acceptsZstd(given.get('accept-encoding'));
  if (asItLies) {
    // Other bytes, so another tag and no digest of them (RFC 9110 §8.8.3.3).
    headers['etag'] = tagOf(`${digest}-zstd`);
    delete headers['repr-digest'];
    if (matchesTag(given.get('if-none-match'), headers['etag'])) return new Response(null, { status: 304, headers });
    headers['content-encoding'] = 'zstd';
  }
  headers['content-type'] = type;
  headers['content-disposition'] = `attachment; filename*=UTF-8''${fileName(name)}`;
  // The server answers 204 for a file without bytes; text of no length stays 200.
  if (bytes === 0) return new Response('', { headers });
  const file = Bun.file(path);
  if (method === 'HEAD') return new Response(null, { headers: { ...headers, 'content-length': String(asItLies ? file.size : bytes) } });
  const ranges = rangeStillHolds(given.get('if-range'), tag) ? parseRanges(asked, bytes) : null;
  if (ranges === 'unsatisfiable')
    throw new ZdError('range_not_satisfiable', `The artifact has ${bytes} bytes.`, { extra: { content_range: `bytes */${bytes}` } });
  if (ranges !== null && ranges.length > 1) {
    const parts = multipart(ranges, bytes, type, ({ first, last }) => (encoding === 'zstd' ? decompressed : plain)(path, first, last));
    return new Response(await bodyOf(parts.chunks, parts.length), { status: 206, headers: { ...headers, 'content-type': parts.type } });
  }
  const { first, last } = ranges?.[0] ?? { first: 0, last: bytes - 1 };
  if (ranges !== null) headers['content-range'] = `bytes ${first}-${last}/${bytes}`;
  const status = ranges === null ? 200 : 206;
  if (local && encoding === 'identity' && ranges === null && bytes >= COPY_FROM) headers[FILE_HEADER] = fileField(path);
  if (encoding === 'identity' || asItLies) return new Response(ranges === null ? file : file.slice(first, last + 1), { status, headers });
  return new Response(await bodyOf(decompressed(path, first, last), last - first + 1), { status, headers });
}

/** The server announces the length of bytes, and of no stream. */
const bodyOf = async (chunks: AsyncGenerator<Uint8Array>, length: number): Promise<Uint8Array<ArrayBuffer> | ReadableStream> =>
  length > MOST_GATHERED_BYTES ? bodyOfChunks(chunks) : Buffer.concat(await Array.fromAsync(chunks));

/** The file's number, which tells it from another one that has its path in somebody else's view of the file system, and its path. */
const fileField = (path: string): string => `${statSync(path, { bigint: true }).ino} ${encodeURIComponent(path)}`;

/** RFC 8187: percent-encoded UTF-8, less the characters `encodeURIComponent` leaves that are no `attr-char`. */
const fileName = (name: string): string =>
  encodeURIComponent(name.slice(name.lastIndexOf('/') + 1)).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
