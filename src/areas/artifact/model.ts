import { ZdError } from '../../kernel/error';

const MAX_NAME_BYTES = 1024;

/** Below this every name would be an address of `GET /artifact/by-digest/…`. */
const RESERVED = 'by-digest';

/**
 * The name as it is stored, or `bad_args`. Any text of segments between slashes, but `.` and `..` as a whole segment: clients resolve
 * those before they send a URL (RFC 3986 §5.2.4), so such a name would be another one's address.
 */
export function checkName(name: string, path = '/name'): string {
  const fault = nameFault(name);
  if (fault) throw new ZdError('bad_args', `${path}: ${fault}`, { path });
  return name;
}

function nameFault(name: string): string | null {
  if (name === '') return 'must not be empty';
  if (!name.isWellFormed()) return 'not well-formed Unicode';
  // oxlint-disable-next-line no-control-regex
  if (/[\u0000-\u001f\u007f]/.test(name)) return 'must not hold control characters';
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) return `longer than ${MAX_NAME_BYTES} bytes`;
  const segments = name.split('/');
  if (segments.includes('.') || segments.includes('..')) return 'a segment may not be "." or ".."';
  if (segments[0] === RESERVED) return `"${RESERVED}" is the address of digests`;
  return null;
}

/** What stands before the first slash; empty without one. */
export const namespaceOf = (name: string): string => name.slice(0, Math.max(0, name.indexOf('/')));

/** 64 hex digits in either case, as lower case. */
export function checkDigest(digest: string, path = '/digest'): string {
  if (!/^[0-9a-fA-F]{64}$/.test(digest)) throw new ZdError('bad_args', `${path}: expected 64 hex digits (sha256)`, { path });
  return digest.toLowerCase();
}

/** A JSON put's content: strings as UTF-8, other JSON as its text, `base64` as bytes. Exactly one of the two. */
export function contentOf(value: unknown, base64: string | undefined): Uint8Array {
  if ((value === undefined) === (base64 === undefined))
    throw new ZdError('bad_args', '/value: give either value or value_base64', { path: '/value' });
  if (base64 !== undefined) {
    const data = Buffer.from(base64, 'base64');
    if (data.toString('base64') !== base64)
      throw new ZdError('bad_args', '/value_base64: expected padded base64 in the standard alphabet', { path: '/value_base64' });
    return data;
  }
  if (typeof value !== 'string') return Buffer.from(JSON.stringify(value));
  if (!value.isWellFormed()) throw new ZdError('bad_args', '/value: a surrogate stands alone; send bytes as value_base64', { path: '/value' });
  return Buffer.from(value);
}

/** All names of one content, as the collector sees them. */
export interface Unit {
  readonly digest: string;
  readonly bytes: number;
  /** The latest use of any of its names, in milliseconds. */
  readonly used_at: number;
  /** Pinned, being read, just written, or named where the collector may not look: it counts, and it stays. */
  readonly kept: boolean;
}

/** The contents to give up, least recently used first, until what stays is at most `maxBytes` or nothing more may go. Each content counts once. */
export function overTheLimit(units: readonly Unit[], maxBytes: number): Unit[] {
  let total = units.reduce((sum, { bytes }) => sum + bytes, 0);
  const chosen: Unit[] = [];
  for (const unit of units.filter(({ kept }) => !kept).toSorted((a, b) => a.used_at - b.used_at || (a.digest < b.digest ? -1 : 1))) {
    if (total <= maxBytes) break;
    chosen.push(unit);
    total -= unit.bytes;
  }
  return chosen;
}

/** Page tokens hold the last name of the page, so a page never depends on what changed meanwhile. */
export const encodeCursor = (name: string): string => Buffer.from(name).toString('base64url');

export function decodeCursor(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString();
  if (name === '' || encodeCursor(name) !== cursor) throw new ZdError('bad_args', '/cursor: not a cursor of this operation', { path: '/cursor' });
  return name;
}

/** The smallest text above every text that starts with `prefix`; null when there is none. */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()!.codePointAt(0)!;
    if (last !== 0x10ffff) return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

export const missing = (what: string): ZdError => new ZdError('no_such_file', `There is no artifact ${what}.`);
export const named = (name: string): string => JSON.stringify(name.slice(0, 200));
