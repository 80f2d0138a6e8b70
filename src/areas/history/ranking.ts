import { fold } from './fold';
import { bestOf, patternOf } from './fuzzy';
import { weightOf } from './model';
import type { Hit, Query } from './query_model';
import type { Found } from './table';

const encoder = new TextEncoder();

/** What the frecency of a line adds to how well it fits: a line used now as much as half a matched character, one used daily about one. */
const FRECENCY_TIMES = 8;
const FRECENCY_MOST = 32;
/** After this long what is left of a use is less than any other difference. */
const FORGOTTEN_MS = 180 * 86_400_000;
export function frecencyBonus(rank: number, now: number): number {
  // Most lines of a long history are that old, and a power and a logarithm for each of them would cost more than all the rest.
  if (now - rank > FORGOTTEN_MS) return 0;
  return Math.min(FRECENCY_MOST, FRECENCY_TIMES * Math.log2(1 + weightOf(rank, now)));
}

export interface Best {
  add(entry: Found): void;
  /** Best first; of equals the newer. */
  hits(): Hit[];
}

/** Keeps the best entries of those it is shown. */
export function ranked(query: Pick<Query, 'mode' | 'filter' | 'order' | 'limit'>, now: number): Best {
  const fuzzy = query.mode === 'fuzzy' && query.filter !== '' ? patternOf(query.filter) : null;
  let kept: Hit[] = [];
  const judge = (entry: Found): Hit | null => {
    if (!fuzzy) return { entry, score: weightOf(entry.rank, now), positions: null };
    const small = fold(entry.line);
    const bytes = encoder.encode(small);
    const best = bestOf(bytes, fuzzy);
    if (!best) return null;
    const score = query.order === 'frecency' ? weightOf(entry.rank, now) : best.score + frecencyBonus(entry.rank, now);
    return { entry, score, positions: small.length === entry.line.length ? unitsOf(bytes, small, best.at) : null };
  };
  const cut = () => {
    kept = kept.toSorted((a, b) => b.score! - a.score! || b.entry.pos - a.entry.pos).slice(0, query.limit);
  };
  return {
    add(entry) {
      const hit = judge(entry);
      if (!hit) return;
      kept.push(hit);
      if (kept.length >= query.limit * 4) cut();
    },
    hits() {
      cut();
      return kept;
    },
  };
}

/** Byte offsets in UTF-8 as offsets of the text. Every byte of a character counts as its first unit. */
function unitsOf(bytes: Uint8Array, text: string, at: readonly number[]): number[] {
  if (bytes.length === text.length) return [...at];
  const units = new Uint32Array(bytes.length);
  let unit = 0;
  for (let byte = 0; byte < bytes.length; byte++) {
    const lead = (bytes[byte]! & 0xc0) !== 0x80;
    if (lead && byte > 0) unit += bytes[byte - 1]! >= 0x80 && fourBytes(bytes, byte) ? 2 : 1;
    units[byte] = unit;
  }
  return [...new Set(at.map((place) => units[place]!))];
}

/** Whether the character that ends before a place has four bytes, and so two units. */
const fourBytes = (bytes: Uint8Array, end: number): boolean => end >= 4 && bytes[end - 4]! >= 0xf0;
