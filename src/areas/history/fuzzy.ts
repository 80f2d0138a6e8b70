import { fold } from './fold';
import { maskOf } from './segment';

/** The weights of fzf's matcher (junegunn/fzf, src/algo/algo.go). */
const MATCH = 16;
const GAP_START = -3;
const GAP_MORE = -1;
const BOUNDARY = 8;
const AFTER_BLANK = 10;
const AFTER_DELIMITER = 9;
const CONSECUTIVE = 4;
const FIRST_TIMES = 2;

/** What a character is worth for standing where it stands, by the one before it. */
const BONUS = Int8Array.from({ length: 256 }, (_, before) => {
  if (before <= 32 || before === 0xff) return AFTER_BLANK;
  if ('/,:;|'.includes(String.fromCharCode(before))) return AFTER_DELIMITER;
  const word = (before >= 48 && before <= 57) || (before >= 65 && before <= 90) || (before >= 97 && before <= 122) || before >= 128;
  return word ? 0 : BOUNDARY;
});

const isWord = (byte: number): boolean => (byte >= 48 && byte <= 57) || (byte >= 97 && byte <= 122) || byte >= 128;
const bonusAt = (text: Uint8Array, at: number): number => {
  if (isWord(text[at]!)) return at === 0 ? AFTER_BLANK : BONUS[text[at - 1]!]!;
  return BOUNDARY;
};

/** A pattern ready to be looked for: words that must all fit, each character by character. In small letters. */
export interface Pattern {
  readonly words: readonly Uint8Array[];
  readonly mask: number;
  /** No line scores more. */
  readonly most: number;
}

const encoder = new TextEncoder();

export function patternOf(filter: string): Pattern {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  const bytes = words.map((word) => encoder.encode(word));
  return {
    words: bytes,
    mask: bytes.reduce((mask, word) => mask | maskOf(word), 0) >>> 0,
    // All in a row behind a blank.
    most: bytes.reduce((sum, { length }) => sum + MATCH * length + AFTER_BLANK * (length + FIRST_TIMES - 1), 0),
  };
}

/** How well the bytes from `from` to `to` fit, the sum over the words; -1 when one does not. */
export function scoreOf(text: Uint8Array, from: number, to: number, { words }: Pattern): number {
  let sum = 0;
  for (const word of words) {
    const score = wordScore(text, from, to, word);
    if (score < 0) return -1;
    sum += score;
  }
  return sum;
}

/**
 * The shortest run that ends where the word's characters, taken greedily, are first complete, and its score: what fzf calls its first
 * algorithm, one pass forward and one back. It may miss a better run further on, which `bestOf` finds.
 */
function wordScore(text: Uint8Array, from: number, to: number, word: Uint8Array): number {
  const last = word.length - 1;
  let w = 0;
  let end = from;
  for (; end < to; end++) if (text[end] === word[w] && w++ === last) break;
  if (end >= to) return -1;
  let start = end;
  for (w = last; ; start--) if (text[start] === word[w] && --w < 0) break;
  let score = 0;
  let gap = false;
  let run = 0;
  let first = 0;
  w = 0;
  for (let at = start; at <= end; at++) {
    if (text[at] === word[w]) {
      let bonus = bonusAt(text, at);
      if (run === 0) first = bonus;
      else {
        if (bonus >= BOUNDARY && bonus > first) first = bonus;
        bonus = Math.max(bonus, first, CONSECUTIVE);
      }
      score += MATCH + (w === 0 ? bonus * FIRST_TIMES : bonus);
      gap = false;
      run++;
      w++;
    } else {
      score += gap ? GAP_MORE : GAP_START;
      gap = true;
      run = 0;
      first = 0;
    }
  }
  return Math.max(0, score);
}

export interface Best {
  readonly score: number;
  /** Byte offsets of the characters, ascending. */
  readonly at: readonly number[];
}

/** Above this many cells the greedy run is good enough. */
const MOST_CELLS = 40_000;

/** The best way a line fits: every word by dynamic programming over its characters and the line's. Null when it does not fit. */
export function bestOf(text: Uint8Array, { words }: Pattern): Best | null {
  const places = new Set<number>();
  let score = 0;
  for (const word of words) {
    const best = text.length * word.length > MOST_CELLS ? greedy(text, word) : optimal(text, word);
    if (!best) return null;
    score += best.score;
    for (const at of best.at) places.add(at);
  }
  return { score, at: [...places].toSorted((a, b) => a - b) };
}

function greedy(text: Uint8Array, word: Uint8Array): Best | null {
  const score = wordScore(text, 0, text.length, word);
  if (score < 0) return null;
  const at: number[] = [];
  for (let place = 0; at.length < word.length; place++) if (text[place] === word[at.length]) at.push(place);
  return { score, at };
}

/**
 * `score[i][j]`: the best score of the word's first `i + 1` characters when the last of them stands at `j`. What is carried from column to
 * column is the best of the row above with the gap since then, so a cell costs the same whatever the gap.
 */
function optimal(text: Uint8Array, word: Uint8Array): Best | null {
  const [rows, columns] = [word.length, text.length];
  const NONE = -1e9;
  const score = new Float64Array(rows * columns).fill(NONE);
  const from = new Int32Array(rows * columns).fill(-1);
  const chain = new Int16Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    let gapped = NONE;
    let gappedFrom = -1;
    for (let j = i; j < columns; j++) {
      const cell = i * columns + j;
      const above = cell - columns;
      // The row above one before the previous column begins a gap here; an older one grows by a column.
      if (i > 0 && j >= 2) {
        const begins = score[above - 2]! + GAP_START;
        gapped += GAP_MORE;
        if (begins >= gapped) [gapped, gappedFrom] = [begins, j - 2];
      }
      if (text[j] !== word[i]) continue;
      const own = bonusAt(text, j);
      if (i === 0) {
        score[cell] = MATCH + own * FIRST_TIMES;
        chain[cell] = own;
        continue;
      }
      const first = own >= BOUNDARY ? Math.max(own, chain[above - 1]!) : chain[above - 1]!;
      const next = j > 0 && score[above - 1]! > NONE / 2 ? score[above - 1]! + MATCH + Math.max(own, first, CONSECUTIVE) : NONE;
      const apart = gapped > NONE / 2 ? gapped + MATCH + own : NONE;
      if (next === NONE && apart === NONE) continue;
      score[cell] = Math.max(next, apart);
      from[cell] = next >= apart ? j - 1 : gappedFrom;
      chain[cell] = next >= apart ? first : own;
    }
  }
  return traceBack(score, from, rows, columns);
}

function traceBack(score: Float64Array, from: Int32Array, rows: number, columns: number): Best | null {
  let best = -1;
  for (let j = rows - 1; j < columns; j++) {
    const cell = (rows - 1) * columns + j;
    if (score[cell]! > -5e8 && (best === -1 || score[cell]! > score[(rows - 1) * columns + best]!)) best = j;
  }
  if (best === -1) return null;
  const at: number[] = [];
  for (let i = rows - 1, j = best; i >= 0; i--) {
    at.push(j);
    j = from[i * columns + j]!;
  }
  return { score: Math.max(0, score[(rows - 1) * columns + best]!), at: at.toReversed() };
}
