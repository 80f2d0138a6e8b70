import { ZdError } from '../../kernel/error';
import { decompressed } from '../../storage/blob_reader';
import { digestField, matchesTag, parseRange, rangeStillHolds, tagOf } from './http';
import type { Readable } from './store';

export interface Labels {
  /** The last segment of it is offered as the file name. */
  readonly name: string;
  readonly type: string;
}

/**
 * The reply to `GET` and `HEAD`: the whole, a part (206), nothing new (304) or `range_not_satisfiable`. The file goes to the socket
 * without passing through memory, unless it is compressed: then its length is not announced, because the server sends no stream with one. What somebody uploaded never runs as a page of ours: sandboxed, and of the type it was given.
 */
export function download(content: Readable, { name, type }: Labels, method: string, given: Headers): Response {
  const { digest, bytes } = content;
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
  if (matchesTag(given.get('if-none-match'), tag)) return new Response(null, { status: 304, headers });
  headers['content-type'] = type;
  headers['content-disposition'] = `attachment; filename*=UTF-8''${fileName(name)}`;
  // The server answers 204 for a file without bytes; text of no length stays 200.
  if (bytes === 0) return new Response('', { headers });
  // The server sends the headers of a body alone, and never begins to read it.
  if (method === 'HEAD') return new Response(bodyOf(content, 0, bytes - 1), { headers });
  const range = rangeStillHolds(given.get('if-range'), tag) ? parseRange(given.get('range'), bytes) : null;
  if (range === 'unsatisfiable')
    throw new ZdError('range_not_satisfiable', `The artifact has ${bytes} bytes.`, { extra: { content_range: `bytes */${bytes}` } });
  if (range === null) return new Response(bodyOf(content, 0, bytes - 1), { headers });
  headers['content-range'] = `bytes ${range.first}-${range.last}/${bytes}`;
  return new Response(bodyOf(content, range.first, range.last), { status: 206, headers });
}

const bodyOf = ({ path, encoding, bytes }: Readable, first: number, last: number): Blob | ReadableStream =>
  encoding === 'zstd'
    ? streamOf(decompressed(path, first, last))
    : first === 0 && last === bytes - 1
      ? Bun.file(path)
      : Bun.file(path).slice(first, last + 1);

/** Asks for the next piece when the socket has taken the one before. */
const streamOf = (chunks: AsyncGenerator<Uint8Array>): ReadableStream =>
  new ReadableStream(
    {
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );

/** RFC 8187: percent-encoded UTF-8, less the characters `encodeURIComponent` leaves that are no `attr-char`. */
const fileName = (name: string): string =>
  encodeURIComponent(name.slice(name.lastIndexOf('/') + 1)).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
