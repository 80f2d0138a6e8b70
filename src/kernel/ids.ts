let counter = 0;
const boot = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36);

/** A short id for one request, unique while the process lives and distinct between two runs. Cheap: it is made for each call. */
export const requestId = (): string => `${boot}-${(++counter).toString(36)}`;

/** A time-ordered id that is unique for ever (UUIDv7, RFC 9562). */
export const uniqueId = (): string => Bun.randomUUIDv7();

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** A ULID (github.com/ulid/spec): 48 bits of milliseconds and 80 of chance, in Crockford's base 32, so that the texts sort by time. */
export function ulid(now: number): string {
  let time = '';
  for (let left = now, at = 0; at < 10; at++, left = Math.floor(left / 32)) time = CROCKFORD[left % 32]! + time;
  // 256 is a multiple of 32, so the low five bits of a byte are even.
  return time + Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => CROCKFORD[byte & 31]).join('');
}
