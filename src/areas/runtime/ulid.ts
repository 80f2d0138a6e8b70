const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID: 48 bits of milliseconds and 80 of chance, in Crockford's base 32, so that the texts sort by time. */
export function ulid(ms: number): string {
  const bytes = new Uint8Array(16);
  crypto.getRandomValues(bytes);
  for (let at = 5, rest = ms; at >= 0; at--, rest = Math.floor(rest / 256)) bytes[at] = rest % 256;
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  let text = '';
  for (let at = 0; at < 26; at++, value >>= 5n) text = CROCKFORD[Number(value & 31n)] + text;
  return text;
}
