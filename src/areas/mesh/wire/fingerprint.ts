import { canonicalMeta } from './canonical';

/** What makes two requests to send the same one. `kind` and `ref` are those of `fingerprintTarget`. */
export interface FingerprintParts {
  readonly kind: 'topic' | 'dm' | 'queue';
  readonly ref: string;
  readonly replyToId?: string | null;
  readonly priority?: string | null;
  readonly meta?: Readonly<Record<string, unknown>> | null;
  readonly body: string;
}

const ENVELOPE_VERSION = '1';

/**
 * SHA-256, 32 bytes, over envelope version, kind, ref, reply, priority, canonical meta and the body's SHA-256 in hex, with one zero byte between
 * two parts. No part may hold a zero byte (`canonicalMeta` cannot; the rest is checked where a request is taken), so none can run into the next.
 */
export function requestFingerprint({ kind, ref, replyToId, priority, meta, body }: FingerprintParts): Uint8Array {
  const bodyHash = new Bun.CryptoHasher('sha256').update(body).digest('hex');
  const parts = [ENVELOPE_VERSION, kind, ref, replyToId ?? '', priority ?? 'next', canonicalMeta(meta), bodyHash];
  return new Uint8Array(new Bun.CryptoHasher('sha256').update(parts.join('\0')).digest());
}

/** How a fingerprint shows in a refusal: its first 8 bytes. */
export const fingerprintPrefix = (fingerprint: Uint8Array): string => fingerprint.subarray(0, 8).toHex();
