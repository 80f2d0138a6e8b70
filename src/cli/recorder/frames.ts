/** One thing a shell told of itself: what it is, its name, its attributes as the shell writes them, and values. */
export interface Frame {
  readonly what: string;
  readonly name: string;
  readonly attrs: string;
  readonly values: readonly string[];
}

const FORMAT = 'zd-record-1';

/**
 * Texts that end with a NUL: the format, the nonce, then frames of `what name attrs count value…`, then `end` and the nonce. Null when it is
 * anything else. Bytes that are no UTF-8 become U+FFFD.
 */
export function decodeFrames(bytes: Uint8Array, nonce: string): Frame[] | null {
  const texts = new TextDecoder().decode(bytes).split('\0');
  if (texts[0] !== FORMAT || texts[1] !== nonce) return null;
  const frames: Frame[] = [];
  for (let at = 2; at < texts.length;) {
    const [what, name] = [texts[at]!, texts[at + 1]];
    if (what === 'end') return name === nonce ? frames : null;
    const [attrs, count] = [texts[at + 2], Number(texts[at + 3])];
    if (name === undefined || attrs === undefined || !Number.isSafeInteger(count) || count < 0 || at + 4 + count > texts.length) return null;
    frames.push({ what, name, attrs, values: texts.slice(at + 4, at + 4 + count) });
    at += 4 + count;
  }
  return null;
}
