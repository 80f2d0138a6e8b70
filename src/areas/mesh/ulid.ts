const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 of chance, in Crockford's base 32. */
export function ulid(now: number): string {
  let time = '';
  for (let left = now, at = 0; at < 10; at++, left = Math.floor(left / 32)) time = ALPHABET[left % 32]! + time;
  // 256 is a multiple of 32, so the low five bits of a byte are even.
  return time + Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => ALPHABET[byte & 31]).join('');
}
