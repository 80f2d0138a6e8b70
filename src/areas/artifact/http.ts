/** Bytes from `first` to `last`, both included. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/** Most ranges of one request; who asks for more gets the whole. */
const MOST_RANGES = 32;

/**
 * What a `Range` header asks of `size` bytes (RFC 9110 §14), in its order: null for the whole (no header, another unit, bad syntax, too many
 * ranges, or more bytes than there are, as a server may answer what would cost it most), `unsatisfiable` when no byte of it is there.
 */
export function parseRanges(header: string | null, size: number): readonly ByteRange[] | 'unsatisfiable' | null {
  const list = /^bytes=(.*)$/i.exec(header ?? '')?.[1]!.split(',', MOST_RANGES + 1);
  if (!list || list.length > MOST_RANGES) return null;
  const ranges: ByteRange[] = [];
  for (const each of list) {
    const range = parseRange(each, size);
    if (range === null) return null;
    if (range !== 'unsatisfiable') ranges.push(range);
  }
  if (ranges.length === 0) return 'unsatisfiable';
  return ranges.length > 1 && ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0) > size ? null : ranges;
}

function parseRange(text: string, size: number): ByteRange | 'unsatisfiable' | null {
  const match = /^\s*(\d*)-(\d*)\s*$/.exec(text);
  if (!match || (match[1] === '' && match[2] === '')) return null;
  const [from, to] = [match[1]!, match[2]!];
  if (from === '') {
    const count = Math.min(Number(to), size);
    return count === 0 ? 'unsatisfiable' : { first: size - count, last: size - 1 };
  }
  const first = Number(from);
  if (to !== '' && Number(to) < first) return null;
  if (first >= size) return 'unsatisfiable';
  return { first, last: to === '' ? size - 1 : Math.min(Number(to), size - 1) };
}

/** Whether an `Accept-Encoding` names zstd, and not as what must not come (RFC 9110 §12.5.3). */
export const acceptsZstd = (header: string | null): boolean =>
  (header ?? '').split(',').some((each) => /^\s*zstd\s*(;\s*q=(1(\.0*)?|0\.\d*[1-9]\d*)\s*)?$/i.test(each));

/** Whether an `If-None-Match` names this strong tag; compared weakly (RFC 9110 §13.1.2). */
export function matchesTag(header: string | null, tag: string): boolean {
  if (header === null) return false;
  if (header.trim() === '*') return true;
  return [...header.matchAll(/(?:W\/)?("[^"]*")/g)].some((match) => match[1] === tag);
}

/** Whether a range may be served under `If-Range`: strong comparison, and a date never matches because we send none (RFC 9110 §13.1.5). */
export const rangeStillHolds = (header: string | null, tag: string): boolean => header === null || header.trim() === tag;

export const tagOf = (digest: string): string => `"${digest}"`;

export const digestField = (digest: string): string => `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`;

/**
 * The sha256 an upload declares, as lower-case hex: `Content-Digest` or `Repr-Digest` (RFC 9530), or the older `Digest` (RFC 3230).
 * Null without one; `bad` when one says sha-256 and no digest follows.
 */
export function declaredDigest(headers: Headers): string | 'bad' | null {
  for (const name of ['content-digest', 'repr-digest', 'digest']) {
    const value = headers.get(name);
    const match = value === null ? null : /(?:^|,)\s*sha-256\s*=\s*:?([^:,;\s]*):?/i.exec(value);
    if (!match) continue;
    const bytes = Buffer.from(match[1]!, 'base64');
    return bytes.length === 32 && bytes.toString('base64') === match[1] ? bytes.toString('hex') : 'bad';
  }
  return null;
}

/** A media type that is safe to send back as a header; everything else is bytes. */
export const mediaType = (header: string | null): string =>
  header !== null && header.length <= 200 && /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;\s*[\w-]+=(?:[\w!#$&^.+-]+|"[^"\\]*"))*$/.test(header)
    ? header
    : 'application/octet-stream';
