import { t, type Static } from '../../../kernel/schema';
import { checker } from '../../../kernel/validate';
import { openWithKey, sealWithKey } from './secret_box';
import type { Sodium } from './sodium';

/**
 * A link of version 2: where to claim, what, and the key of what the broker keeps for whoever claims. The broker never sees that key, so the
 * mesh's root key is known to members alone; `owner_pubkey` lets no broker pass off another mesh.
 */
const ClaimLink = t.Object({
  v: t.Literal(2),
  broker_url: t.String({ minLength: 1, maxLength: 2048, pattern: '^wss?://[^|\\s]+$' }),
  code: t.String({ pattern: '^[0-9A-Za-z]{8,64}$' }),
  key: t.String({ pattern: '^[A-Za-z0-9_-]{43}$' }),
  owner_pubkey: t.String({ pattern: '^[0-9a-f]{64}$' }),
});
export type ClaimLink = Static<typeof ClaimLink>;

const PREFIX = 'zd://join/';
const BASE64URL = { alphabet: 'base64url', omitPadding: true } as const;

export const claimLink = (link: ClaimLink): string => PREFIX + new TextEncoder().encode(JSON.stringify(link)).toBase64(BASE64URL);

/** Null when it is no link of this kind. */
export function parseClaimLink(text: string): ClaimLink | null {
  const token = text.trim();
  if (!token.startsWith(PREFIX) || token.length > 8192) return null;
  try {
    const link: unknown = JSON.parse(new TextDecoder().decode(Uint8Array.fromBase64(token.slice(PREFIX.length), { alphabet: 'base64url' })));
    return checker(ClaimLink).Check(link) ? (link as ClaimLink) : null;
  } catch {
    return null;
  }
}

/** The root key as the broker keeps it: JSON text. */
export const sealRootKey = (sodium: Sodium, rootKey: string, key: string): string =>
  JSON.stringify(sealWithKey(sodium, rootKey, Uint8Array.fromBase64(key, { alphabet: 'base64url' })));

/** Null when it does not open, or is no key. */
export function openRootKey(sodium: Sodium, sealed: string, key: string): string | null {
  try {
    const { nonce, ciphertext } = JSON.parse(sealed) as Record<string, unknown>;
    if (typeof nonce !== 'string' || typeof ciphertext !== 'string') return null;
    const text = openWithKey(sodium, { nonce, ciphertext }, Uint8Array.fromBase64(key, { alphabet: 'base64url' }));
    return text !== null && /^[A-Za-z0-9_-]{43}$/.test(text) ? text : null;
  } catch {
    return null;
  }
}

/** What a broker knows a link by. */
export const lookupOf = (tokenOrCode: string): string => new Bun.CryptoHasher('sha256').update(tokenOrCode).digest('hex');
