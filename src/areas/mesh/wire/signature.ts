import { isPublicKey, isSecretKey, isSignature } from './keys';
import type { Sodium } from './sodium';

const utf8 = new TextEncoder();

/** ed25519 over the UTF-8 text, detached, in hex. */
export function sign(sodium: Sodium, text: string, secretKey: string): string {
  if (!isSecretKey(secretKey)) throw new Error('the secret key of a signature is malformed');
  return sodium.crypto_sign_detached(utf8.encode(text), Uint8Array.fromHex(secretKey)).toHex();
}

/** False also for a key or signature that is none. */
export function verify(sodium: Sodium, text: string, signature: string, publicKey: string): boolean {
  if (!isSignature(signature) || !isPublicKey(publicKey)) return false;
  try {
    return sodium.crypto_sign_verify_detached(Uint8Array.fromHex(signature), utf8.encode(text), Uint8Array.fromHex(publicKey));
  } catch {
    return false;
  }
}

/** What is signed where, each text as the protocol spells it. Parts are joined by `|`, so none may hold one. */
export const SIGNED = {
  /** By the member. */
  hello: (meshId: string, memberId: string, pubkey: string, timestamp: number) => `${meshId}|${memberId}|${pubkey}|${timestamp}`,
  /** By the member, for a session's key. */
  attestation: (parent: string, session: string, expiresAt: number) => `claudemesh-session-attest|${parent}|${session}|${expiresAt}`,
  /** By the session. */
  sessionHello: (meshId: string, parent: string, session: string, timestamp: number) =>
    `claudemesh-session-hello|${meshId}|${parent}|${session}|${timestamp}`,
  /** By whoever said hello, over the broker's nonce: zd to zd. */
  challenge: (meshId: string, pubkey: string, nonce: string) => `zd-hello-challenge|${meshId}|${pubkey}|${nonce}`,
} as const;

/** What a broker could alter on the way, beside the body: zd to zd, all of it is signed by the sender. */
export interface SignedMessage {
  readonly meshId: string;
  readonly senderPubkey: string;
  readonly targetSpec: string;
  readonly clientMessageId: string;
  readonly priority: string;
  readonly replyToId?: string | undefined;
  /** Canonical JSON; empty without any. */
  readonly meta: string;
  readonly nonce: string;
  readonly ciphertext: string;
}

/** JSON of an array: no part can run into the next, whatever it holds. */
export const messageText = (message: SignedMessage): string =>
  `zd-message|${JSON.stringify([
    message.meshId,
    message.senderPubkey,
    message.targetSpec,
    message.clientMessageId,
    message.priority,
    message.replyToId ?? '',
    message.meta,
    new Bun.CryptoHasher('sha256').update(`${message.nonce}.${message.ciphertext}`).digest('hex'),
  ])}`;
