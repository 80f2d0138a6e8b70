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
  /** The bits of all its characters. */
  readonly mask: number;
  /** Of each word: the bit of each character, and the bits of it and those behind it. */
  readonly bits: readonly { readonly each: Int32Array; readonly rest: Int32Array }[];
  /** No line scores more. */
  readonly most: number;
}

const encoder = new TextEncoder();

export function patternOf(filter: string): Pattern {
  const words = fold(filter).split(/\s+/).filter(Boolean);
  const bytes = words.map((word) => encoder.encode(word));
  return {
    words: bytes,
    mask: bytes.reduce((mask, word) => mask | maskOf(word), 0),
    bits: bytes.map((word) => ({
      each: Int32Array.from(word, (_, at) => maskOf(word, at, at + 1)),
      rest: Int32Array.from(word, (_, at) => maskOf(word, at)),
    })),
    // All in a row behind a blank.
    most: bytes.reduce((sum, { length }) => sum + MATCH * length + AFTER_BLANK * (length + FIRST_TIMES - 1), 0),
  };
}

/**
 * Whether a line may fit, by which characters its halves have: of each word, what the first half cannot give must all be in the second.
 * It passes over most lines that have all the characters, though not in this order, without a look at them.
 */
export function mayFit(fore: number, aft: number, { mask, bits }: Pattern): boolean {
  if (((fore | aft) & mask) !== mask) return false;
  for (let word = 0; word < bits.length; word++) {
    const { each, rest } = bits[word]!;
    let at = 0;
    while (at < each.length && (fore & each[at]!) === each[at]!) at++;
    if (at < each.length && (aft & rest[at]!) !== rest[at]!) return false;
  }
  return true;
}

/** How well the bytes from `from` to `to` fit, the sum over the words; -1 when one does not. `aft`: the characters of their second half, when they are known. */
export function scoreOf(text: Uint8Array, from: number, to: number, { words, bits }: Pattern, aft = ANY): number {
  let sum = 0;
  for (let at = 0; at < words.length; at++) {
    const score = wordScore(text, from, to, words[at]!, bits[at]!.rest, aft);
    if (score < 0) return -1;
    sum += score;
  }
  return sum;
}

/** The bits of every character. */
const ANY = -1;

/**
 * The shortest run that ends where the word's characters, taken greedily, are first complete, and its score: what fzf calls its first
 * algorithm, one pass forward and one back. It may miss a better run further on, which `bestOf` finds.
 */
function wordScore(text: Uint8Array, from: number, to: number, word: Uint8Array, rest: Int32Array, aft: number): number {
  const last = word.length - 1;
  const middle = (from + to) >> 1;
  let w = 0;
  let wanted = word[0]!;
  let end = from;
  for (; end < middle; end++) {
    if (text[end] !== wanted) continue;
    if (w === last) break;
    wanted = word[++w]!;
  }
  if (end === middle) {
    // Most lines that do not fit are given up here.
    if ((aft & rest[w]!) !== rest[w]!) return -1;
    for (; end < to; end++) {
      if (text[end] !== wanted) continue;
      if (w === last) break;
      wanted = word[++w]!;
    }
    if (end >= to) return -1;
  }
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
  const score = wordScore(
    text,
    0,
    text.length,
    word,
    Int32Array.from(word, () => 0),
    ANY,
  );
  if (score < 0) return null;
  const at: number[] = [];
  for (let place = 0; at.length < word.length; place++) if (text[place] === word[at.length]) at.push(place);
  return { score, at };
}

let room = { score: new Float64Array(0), from: new Int32Array(0), chain: new Int16Array(0) };

/** Kept from line to line: to make them anew takes longer than to fill them. */
function cells(count: number): typeof room {
  if (room.score.length < count) {
    const size = Math.min(MOST_CELLS, Math.max(1024, count * 2));
    room = { score: new Float64Array(size), from: new Int32Array(size), chain: new Int16Array(size) };
  }
  return room;
}

/**
 * `score[i][j]`: the best score of the word's first `i + 1` characters when the last of them stands at `j`. What is carried from column to
 * column is the best of the row above with the gap since then, so a cell costs the same whatever the gap.
 */
function optimal(text: Uint8Array, word: Uint8Array): Best | null {
  const [rows, columns] = [word.length, text.length];
  const NONE = -1e9;
  const { score, from, chain } = cells(rows * columns);
  score.fill(NONE, 0, rows * columns);
  from.fill(-1, 0, rows * columns);
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
