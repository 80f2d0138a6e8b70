import type { Sodium } from './sodium';

/** An ed25519 key pair in lower-case hex: 32 bytes public, 64 bytes secret (seed and public key, as libsodium keeps it). */
export interface Identity {
  readonly publicKey: string;
  readonly secretKey: string;
}

export const isPublicKey = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);
export const isSecretKey = (text: string): boolean => /^[0-9a-f]{128}$/.test(text);
export const isSignature = isSecretKey;

export function newIdentity(sodium: Sodium): Identity {
  const { publicKey, privateKey } = sodium.crypto_sign_keypair();
  return { publicKey: publicKey.toHex(), secretKey: privateKey.toHex() };
}

/** The pair a secret key belongs to; null when the text is none, or its two halves do not belong together. */
export function identityOf(sodium: Sodium, secretKey: string): Identity | null {
  if (!isSecretKey(secretKey)) return null;
  const secret = Uint8Array.fromHex(secretKey);
  const { publicKey } = sodium.crypto_sign_seed_keypair(secret.subarray(0, 32));
  const hex = publicKey.toHex();
  return secretKey.endsWith(hex) ? { publicKey: hex, secretKey } : null;
}

/** A random symmetric key of 32 bytes, base64url without padding: a mesh's root key, a topic's key. */
export const newSymmetricKey = (sodium: Sodium): string => sodium.randombytes_buf(32).toBase64({ alphabet: 'base64url', omitPadding: true });
