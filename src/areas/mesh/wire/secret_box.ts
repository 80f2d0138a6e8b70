import { fromBase64, type SealedBody } from './box';
import { isPublicKey, isSecretKey } from './keys';
import type { Sodium } from './sodium';

/** A body under a key that all its readers have (version 2): `crypto_secretbox_easy`. `key` is 32 bytes. */
export function sealWithKey(sodium: Sodium, text: string, key: Uint8Array): SealedBody {
  const nonce = sodium.randombytes_buf(sodium.crypto_secretbox_NONCEBYTES);
  return { nonce: nonce.toBase64(), ciphertext: sodium.crypto_secretbox_easy(text, nonce, key).toBase64() };
}

/** Null when it does not open. */
export function openWithKey(sodium: Sodium, { nonce, ciphertext }: SealedBody, key: Uint8Array): string | null {
  const bytes = fromBase64(nonce);
  const sealed = fromBase64(ciphertext);
  if (!bytes || bytes.length !== sodium.crypto_secretbox_NONCEBYTES || !sealed || sealed.length < sodium.crypto_secretbox_MACBYTES) return null;
  try {
    return new TextDecoder().decode(sodium.crypto_secretbox_open_easy(sealed, bytes, key));
  } catch {
    return null;
  }
}

/** The key of broadcasts and of one group, from the root key of the mesh, which the broker of a zd mesh does not have. */
export const groupKey = (sodium: Sodium, rootKey: string, target: string): Uint8Array =>
  sodium.crypto_generichash(32, `zd-group|${target}`, Uint8Array.fromBase64(rootKey, { alphabet: 'base64url' }));

/** A topic's key for one member: our x25519 key, then nonce and box; base64 throughout. */
export function sealTopicKey(sodium: Sodium, key: Uint8Array, to: string, secretKey: string): SealedBody {
  const ours = sodium.crypto_sign_ed25519_sk_to_curve25519(Uint8Array.fromHex(secretKey));
  const theirs = sodium.crypto_sign_ed25519_pk_to_curve25519(Uint8Array.fromHex(to));
  const nonce = sodium.randombytes_buf(sodium.crypto_box_NONCEBYTES);
  const box = sodium.crypto_box_easy(key, nonce, theirs, ours);
  const sealed = new Uint8Array(32 + box.length);
  sealed.set(sodium.crypto_scalarmult_base(ours));
  sealed.set(box, 32);
  return { nonce: nonce.toBase64(), ciphertext: sealed.toBase64() };
}

/** The topic's key, when `from` (an ed25519 key) sealed it for us; null otherwise. */
export function openTopicKey(sodium: Sodium, { nonce, ciphertext }: SealedBody, from: string, secretKey: string): Uint8Array | null {
  const bytes = fromBase64(nonce);
  const sealed = fromBase64(ciphertext);
  if (!bytes || bytes.length !== sodium.crypto_box_NONCEBYTES || !sealed || sealed.length !== 32 + 32 + sodium.crypto_box_MACBYTES) return null;
  if (!isPublicKey(from) || !isSecretKey(secretKey)) return null;
  try {
    const theirs = sodium.crypto_sign_ed25519_pk_to_curve25519(Uint8Array.fromHex(from));
    // The key that is sent along proves nothing by itself: it must be that of the member we were told of.
    if (!sodium.memcmp(theirs, sealed.slice(0, 32))) return null;
    return sodium.crypto_box_open_easy(sealed.slice(32), bytes, theirs, sodium.crypto_sign_ed25519_sk_to_curve25519(Uint8Array.fromHex(secretKey)));
  } catch {
    return null;
  }
}
