/** Whether a text matches; compiled once per pattern. */
export type Matcher = (text: string) => boolean;
/** Where a part of a pattern stands first at or behind a place, or -1. */
type Finder = (text: string, from: number) => number;

const ANY = '?'.charCodeAt(0);
const NON_ASCII = /[^\0-\x7f]/;

/** UTF-8 bytes as one UTF-16 unit each, so that comparing units compares bytes. */
const bytes = (text: string): string => (NON_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text);
const same = (text: string): string => text;

/**
 * A glob, anchored at both ends and case-sensitive: `*` is any run including none, `?` exactly one byte of UTF-8, all else itself.
 * What stands between stars is looked for once, from left to right, in a time that is linear in the text.
 */
export function compileGlob(pattern: string): Matcher {
  if (/^\*+$/.test(pattern)) return () => true;
  // Without `?` a byte and a character differ in nothing, and the engine's own search does it.
  const units = pattern.includes('?') ? bytes : same;
  const parts = units(pattern).split('*');
  const [head, tail] = [parts.shift()!, parts.pop()];
  if (tail === undefined) return units === same ? (text) => text === pattern : (text) => fits(head, units(text), 0, true);
  const between = parts.filter((part) => part !== '').map((part) => ({ find: finder(part), length: part.length }));
  return (given) => {
    const text = units(given);
    const end = text.length - tail.length;
    if (end < head.length || !fits(head, text, 0, false) || !fits(tail, text, end, false)) return false;
    let at = head.length;
    for (const { find, length } of between) {
      const found = find(text, at);
      if (found === -1 || found + length > end) return false;
      at = found + length;
    }
    return true;
  };
}

/** Whether a part without stars stands at a place; with `whole`, and nothing behind it. */
function fits(part: string, text: string, at: number, whole: boolean): boolean {
  if (whole ? text.length !== part.length : text.length < at + part.length) return false;
  if (!part.includes('?')) return text.startsWith(part, at);
  for (let p = 0; p < part.length; p++) {
    const wanted = part.charCodeAt(p);
    if (wanted !== ANY && wanted !== text.charCodeAt(at + p)) return false;
  }
  return true;
}

/** Shift-And (Baeza-Yates and Gonnet 1992): bit `i` of the state says that the part's first `i + 1` bytes end here, whatever `?` they hold. */
function finder(part: string): Finder {
  if (!part.includes('?')) return (text, from) => text.indexOf(part, from);
  const words = Math.ceil(part.length / 32);
  const takes = new Uint32Array(256 * words);
  for (let p = 0; p < part.length; p++) {
    const wanted = part.charCodeAt(p);
    const [first, last] = wanted === ANY ? [0, 255] : [wanted, wanted];
    for (let byte = first; byte <= last; byte++) takes[byte * words + (p >> 5)]! |= 1 << (p & 31);
  }
  const done = 1 << ((part.length - 1) & 31);
  const state = new Uint32Array(words);
  return (text, from) => {
    state.fill(0);
    for (let t = from; t < text.length; t++) {
      const row = text.charCodeAt(t) * words;
      let carry = 1;
      for (let word = 0; word < words; word++) {
        const before = state[word]!;
        state[word] = ((before << 1) | carry) & takes[row + word]!;
        carry = before >>> 31;
      }
      if (state[words - 1]! & done) return t - part.length + 1;
    }
    return -1;
  };
}
