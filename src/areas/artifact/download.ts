import { ZdError } from '../../kernel/error';
import { digestField, matchesTag, parseRange, rangeStillHolds, tagOf } from './http';
import type { Readable } from './store';

export interface Labels {
  /** The last segment of it is offered as the file name. */
  readonly name: string;
  readonly type: string;
}

/**
 * The reply to `GET` and `HEAD`: the whole, a part (206), nothing new (304) or `range_not_satisfiable`. The file goes to the socket
 * without passing through memory. What somebody uploaded never runs as a page of ours: sandboxed, and of the type it was given.
 */
export function download({ digest, bytes, path }: Readable, { name, type }: Labels, method: string, given: Headers): Response {
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
  if (method === 'HEAD') return new Response(Bun.file(path), { headers });
  const range = rangeStillHolds(given.get('if-range'), tag) ? parseRange(given.get('range'), bytes) : null;
  if (range === 'unsatisfiable')
    throw new ZdError('range_not_satisfiable', `The artifact has ${bytes} bytes.`, { extra: { content_range: `bytes */${bytes}` } });
  if (range === null) return new Response(Bun.file(path), { headers });
  headers['content-range'] = `bytes ${range.first}-${range.last}/${bytes}`;
  return new Response(Bun.file(path).slice(range.first, range.last + 1), { status: 206, headers });
}

/** RFC 8187: percent-encoded UTF-8, less the characters `encodeURIComponent` leaves that are no `attr-char`. */
const fileName = (name: string): string =>
  encodeURIComponent(name.slice(name.lastIndexOf('/') + 1)).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
