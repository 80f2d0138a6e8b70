import { fold } from './fold';

/** Stands before, between and after the lines: a byte that UTF-8 never has. */
export const MARK = 0xff;

export interface Source {
  readonly id: number;
  readonly line: string;
  readonly lastPos: number;
  readonly rank: number;
}

/**
 * Lines in small letters as one run of bytes, newest use first: what is looked for is found with the engine's own search, which passes
 * several bytes at a time, and the arrays beside it say whose line it is.
 */
export interface Segment {
  readonly count: number;
  readonly text: Buffer;
  /** Where each line begins; one more for the end. Before each stands a mark. */
  readonly starts: Uint32Array;
  readonly ids: Int32Array;
  readonly lastPos: Float64Array;
  readonly ranks: Float64Array;
  /** The highest of them: a segment that cannot hold anything good enough is passed over. */
  readonly topRank: number;
  /** Which characters the first half of each line has at all, and which the second, by `bitOf`. */
  readonly fore: Int32Array;
  readonly aft: Int32Array;
}

/** The bit of a byte: each letter has its own, digits and the rest share some. A line can only match what has all bits of the pattern. */
export const bitOf = (byte: number): number => {
  if (byte >= 97 && byte <= 122) return 1 << (byte - 97);
  if (byte >= 48 && byte <= 57) return 1 << (26 + (byte & 1));
  if (byte === 32) return 0;
  if (byte === 45 || byte === 95) return 1 << 28;
  if (byte === 46 || byte === 47) return 1 << 29;
  return byte < 128 ? 1 << 30 : 1 << 31;
};

const BITS = Int32Array.from({ length: 256 }, (_, byte) => (byte === MARK ? 0 : bitOf(byte)));

export function maskOf(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let mask = 0;
  for (let at = from; at < to; at++) mask |= BITS[bytes[at]!]!;
  return mask;
}

const encoder = new TextEncoder();

export function segmentOf(lines: readonly Source[]): Segment {
  const count = lines.length;
  // NUL holds the place of the mark, which no text has; in a line another character stands for it.
  const marked = lines.map(({ line }) => fold(line).replaceAll('\0', '\u0001')).join('\0');
  const text = Buffer.allocUnsafeSlow(Buffer.byteLength(marked) + 2);
  const { written } = encoder.encodeInto(marked, text.subarray(1));
  text[0] = text[written + 1] = MARK;
  const starts = new Uint32Array(count + 1);
  const segment = {
    ...{ count, text, starts, topRank: lines.reduce((top, { rank }) => Math.max(top, rank), -Infinity) },
    ...{ ids: new Int32Array(count), lastPos: new Float64Array(count), ranks: new Float64Array(count) },
    ...{ fore: new Int32Array(count), aft: new Int32Array(count) },
  };
  let at = 1;
  for (let slot = 0; slot < count; slot++) {
    const { id, lastPos, rank } = lines[slot]!;
    starts[slot] = at;
    const next = slot + 1 < count ? text.indexOf(0, at) : written + 1;
    text[next] = MARK;
    segment.ids[slot] = id;
    segment.lastPos[slot] = lastPos;
    segment.ranks[slot] = rank;
    const middle = (at + next) >> 1;
    segment.fore[slot] = maskOf(text, at, middle);
    segment.aft[slot] = maskOf(text, middle, next);
    at = next + 1;
  }
  starts[count] = at;
  return segment;
}

/** The slots of the lines that hold these bytes, in order. A needle with a mark in front stands at the beginning of a line. */
export function slotsWith(segment: Segment, needle: Uint8Array): number[] {
  const { text, starts, count } = segment;
  const found: number[] = [];
  let slot = 0;
  for (let at = text.indexOf(needle); at !== -1; at = text.indexOf(needle, starts[slot]! - 1)) {
    slot = slotAt(starts, slot, count, needle[0] === MARK ? at + 1 : at);
    found.push(slot++);
    if (slot >= count) break;
  }
  return found;
}

/** The last slot that begins at or before a place: first by doubled steps, as the next hit is often near. */
function slotAt(starts: Uint32Array, from: number, count: number, at: number): number {
  let step = 1;
  let low = from;
  while (low + step < count && starts[low + step]! <= at) {
    low += step;
    step *= 2;
  }
  let high = Math.min(count, low + step);
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (starts[middle]! <= at) low = middle;
    else high = middle;
  }
  return low;
}
