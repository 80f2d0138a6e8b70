import { isPublicKey, isSecretKey } from './keys';
import type { Sodium } from './sodium';

/** A body on the wire: both in standard base64 with padding. */
export interface SealedBody {
  readonly nonce: string;
  readonly ciphertext: string;
}

/** Pairs of keys whose common key is kept; deriving one costs a quarter of a millisecond, and using it some microseconds. */
const KEPT_PAIRS = 512;

/** Bytes of standard base64 with padding; null for any other text. */
export function fromBase64(text: string): Uint8Array | null {
  try {
    return /\s/.test(text) ? null : Uint8Array.fromBase64(text, { lastChunkHandling: 'strict' });
  } catch {
    return null;
  }
}

/**
 * Direct messages: `crypto_box_easy` between two ed25519 keys, converted to x25519, with a random nonce. What does not open was not written by
 * the sender for this reader, and is never shown as text.
 */
export class DirectBox {
  /** Common keys by both ends, least recently used first. */
  private readonly pairs = new Map<string, Uint8Array>();

  constructor(private readonly sodium: Sodium) {}

  /** Throws when `to` is no key somebody could have. */
  seal(text: string, to: string, secretKey: string): SealedBody {
    const key = this.pair(to, secretKey);
    if (!key) throw new Error('the key of the recipient is not valid');
    const nonce = this.sodium.randombytes_buf(this.sodium.crypto_box_NONCEBYTES);
    const sealed = this.sodium.crypto_box_easy_afternm(text, nonce, key);
    return { nonce: nonce.toBase64(), ciphertext: sealed.toBase64() };
  }

  /** The text, by the first of the secret keys that opens it; null when none does. */
  open({ nonce, ciphertext }: SealedBody, from: string, secretKeys: readonly string[]): string | null {
    const bytes = fromBase64(nonce);
    const sealed = fromBase64(ciphertext);
    if (!bytes || bytes.length !== this.sodium.crypto_box_NONCEBYTES || !sealed || sealed.length < this.sodium.crypto_box_MACBYTES) return null;
    for (const secretKey of secretKeys) {
      const key = this.pair(from, secretKey);
      if (!key) continue;
      try {
        return new TextDecoder().decode(this.sodium.crypto_box_open_easy_afternm(sealed, bytes, key));
      } catch {
        // Not for this key.
      }
    }
    return null;
  }

  private pair(peer: string, secretKey: string): Uint8Array | null {
    if (!isPublicKey(peer) || !isSecretKey(secretKey)) return null;
    // The last half of a secret key is its public key, so no secret is a key of the map.
    const name = peer + secretKey.slice(64);
    let key = this.pairs.get(name);
    if (key) this.pairs.delete(name);
    else {
      try {
        const theirs = this.sodium.crypto_sign_ed25519_pk_to_curve25519(Uint8Array.fromHex(peer));
        const ours = this.sodium.crypto_sign_ed25519_sk_to_curve25519(Uint8Array.fromHex(secretKey));
        key = this.sodium.crypto_box_beforenm(theirs, ours);
      } catch {
        return null;
      }
    }
    this.pairs.set(name, key);
    if (this.pairs.size > KEPT_PAIRS) this.pairs.delete(this.pairs.keys().next().value!);
    return key;
  }
}
