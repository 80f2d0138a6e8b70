/** Whether a text matches; compiled once per pattern. */
export type Matcher = (text: string) => boolean;

const NON_ASCII = /[^\0-\x7f]/;

/** UTF-8 bytes as one UTF-16 unit each, so that comparing units compares bytes. */
const bytes = (text: string): string => (NON_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text);

/**
 * A glob, anchored at both ends and case-sensitive: `*` is any run including none, `?` exactly one byte of UTF-8, all else
 * itself. Each `*` is retried only while no later one has matched, so time is at most pattern × text, never exponential.
 */
export function compileGlob(pattern: string): Matcher {
  if (/^\*+$/.test(pattern)) return () => true;
  if (pattern.includes('?')) {
    const wanted = bytes(pattern);
    return (text) => twoPointers(wanted, bytes(text));
  }
  const star = pattern.indexOf('*');
  if (star === -1) return (text) => text === pattern;
  if (star === pattern.length - 1) {
    const prefix = pattern.slice(0, -1);
    return (text) => text.startsWith(prefix);
  }
  return (text) => twoPointers(pattern, text);
}

function twoPointers(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const wanted = pattern[p];
    if (wanted === '*') {
      star = p++;
      resume = t;
    } else if (wanted === '?' || wanted === text[t]) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}
