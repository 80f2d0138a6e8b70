/** Whether a text matches; compiled once per pattern. */
export type Matcher = (text: string) => boolean;

const STAR = '*'.charCodeAt(0);
const ANY = '?'.charCodeAt(0);
const NON_ASCII = /[^\0-\x7f]/;

/** UTF-8 bytes as one UTF-16 unit each, so that comparing units compares bytes. */
const bytes = (text: string): string => (NON_ASCII.test(text) ? Buffer.from(text).toString('latin1') : text);

/**
 * A glob, anchored at both ends and case-sensitive: `*` is any run including none, `?` exactly one byte of UTF-8, all else itself. What
 * stands between stars is looked for once, from left to right, and never again: nothing is exponential.
 */
export function compileGlob(pattern: string): Matcher {
  if (/^\*+$/.test(pattern)) return () => true;
  if (pattern.includes('?')) {
    const wanted = bytes(pattern);
    return (text) => twoPointers(wanted, bytes(text));
  }
  if (!pattern.includes('*')) return (text) => text === pattern;
  const parts = pattern.split('*');
  const [head, tail] = [parts.shift()!, parts.pop()!];
  const between = parts.filter((part) => part !== '');
  if (between.length === 0 && tail === '') return (text) => text.startsWith(head);
  return (text) => {
    const end = text.length - tail.length;
    if (end < head.length || !text.startsWith(head) || !text.endsWith(tail)) return false;
    let at = head.length;
    for (const part of between) {
      const found = text.indexOf(part, at);
      if (found === -1 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

/** With `?`: each `*` is retried only while no later one has matched, so the time is at most pattern × text. */
function twoPointers(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const wanted = pattern.charCodeAt(p);
    if (wanted === STAR) {
      star = p++;
      resume = t;
    } else if (wanted === ANY || wanted === text.charCodeAt(t)) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (pattern.charCodeAt(p) === STAR) p++;
  return p === pattern.length;
}
