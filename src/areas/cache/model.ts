import { ZdError } from '../../kernel/error';

/** How a value was put, and so how it comes back. The order is the number in the table. */
export const TYPES = ['text', 'json', 'binary'] as const;
export type ValueType = (typeof TYPES)[number];

export interface Encoded {
  readonly type: 0 | 1 | 2;
  /** Text as it is, JSON as compact text, binary as bytes. */
  readonly data: string | Uint8Array;
  readonly bytes: number;
}

export interface Decoded {
  readonly type: ValueType;
  /** The text or the JSON value; null for binary, which comes as `value_base64`. */
  readonly value: unknown;
  readonly value_base64?: string;
}

/** Strings stay text, any other JSON is kept as JSON, `base64` gives bytes. Exactly one of the two; `path` points at the item in the arguments. */
export function encodeValue(value: unknown, base64: string | undefined, path = ''): Encoded {
  if ((value === undefined) === (base64 === undefined)) {
    throw new ZdError('bad_args', `${path}/value: give either value or value_base64`, { path: `${path}/value` });
  }
  if (base64 !== undefined) {
    const data = Buffer.from(base64, 'base64');
    if (data.toString('base64') !== base64) {
      throw new ZdError('bad_args', `${path}/value_base64: expected padded base64 in the standard alphabet`, { path: `${path}/value_base64` });
    }
    return { type: 2, data, bytes: data.length };
  }
  if (typeof value === 'string') {
    if (!value.isWellFormed())
      throw new ZdError('bad_args', `${path}/value: a surrogate stands alone; send bytes as value_base64`, { path: `${path}/value` });
    return { type: 0, data: value, bytes: Buffer.byteLength(value) };
  }
  const data = JSON.stringify(value);
  return { type: 1, data, bytes: Buffer.byteLength(data) };
}

export function decodeValue(type: number, data: string | Uint8Array): Decoded {
  if (type === 0) return { type: 'text', value: data };
  if (type === 1) return { type: 'json', value: JSON.parse(data as string) };
  return { type: 'binary', value: null, value_base64: Buffer.from(data as Uint8Array).toString('base64') };
}

/** The integer a text or JSON value stands for, or null. Only the canonical form counts: no sign `+`, no leading zeros, no fraction. */
export function counterValue(type: number, data: string | Uint8Array): number | null {
  if (type === 2 || data.length > 17 || !/^(?:0|-?[1-9]\d*)$/.test(data as string)) return null;
  const value = Number(data);
  return Number.isSafeInteger(value) ? value : null;
}

/**
 * The smallest string above every string that starts with `prefix`, or null when there is none. UTF-8 sorts bytewise as its
 * code points do, so the last code point that can grow is the one to raise.
 */
export function prefixEnd(prefix: string): string | null {
  const points = [...prefix];
  while (points.length > 0) {
    const last = points.pop()!.codePointAt(0)!;
    if (last === 0x10ffff) continue;
    return points.join('') + String.fromCodePoint(last === 0xd7ff ? 0xe000 : last + 1);
  }
  return null;
}

/** Names are stored as UTF-8, where a lone surrogate or a NUL would make two keys one. `path` as in `encodeValue`. */
export function checkNames(ns: string, key: string, path = '', field = 'key'): void {
  if (!ns.isWellFormed()) throw new ZdError('bad_args', `${path}/ns: not well-formed Unicode`, { path: `${path}/ns` });
  if (!key.isWellFormed() || key.includes('\0')) {
    throw new ZdError('bad_args', `${path}/${field}: not well-formed Unicode, or it holds a NUL`, { path: `${path}/${field}` });
  }
}

export const isExpired = (expiresAt: number | null, now: number): boolean => expiresAt !== null && expiresAt <= now;

export const expiryOf = (ttlSecs: number | null | undefined, now: number): number | null => (ttlSecs == null ? null : now + ttlSecs * 1000);

/** Page tokens hold the last key of the page, so a page never depends on what changed meanwhile. */
export const encodeCursor = (key: string): string => Buffer.from(key).toString('base64url');

export function decodeCursor(cursor: string): string {
  const key = Buffer.from(cursor, 'base64url').toString();
  if (key === '' || encodeCursor(key) !== cursor) throw new ZdError('bad_args', '/cursor: not a cursor of this operation', { path: '/cursor' });
  return key;
}

export const missing = (ns: string, key: string): ZdError =>
  new ZdError('no_such_file', `There is no entry ${JSON.stringify(key.slice(0, 200))} in the namespace ${JSON.stringify(ns)}.`);

/** The smallest key above `key`: keys hold no NUL, so nothing lies between. */
export const keyAfter = (key: string): string => `${key}\0`;

/** The greater of two strings in bytewise order, which differs from JavaScript's own order above U+D7FF. */
export const laterKey = (a: string, b: string): string => (Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0 ? b : a);
