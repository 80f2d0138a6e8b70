import { nodeCrypto } from '../../kernel/builtin';
import { privateKey, publicKey as publicKeyOf } from '../../kernel/ed25519';
import type { KeyObject } from 'node:crypto';
import { isPublicKey, isSignature } from './wire/keys';

/** Keys that are kept ready, the least recently used goes first. */
const KEPT = 512;

/**
 * Signatures of messages, ed25519 by the native library: each message has one, and WebAssembly takes six times as long for it. The bytes
 * are the same, as the scheme has no chance in it.
 */
export class MessageSignatures {
  /** By their public halves, so no secret is a key of the map. */
  private readonly keys = new Map<string, KeyObject>();

  sign(text: string, { publicKey, secretKey }: { readonly publicKey: string; readonly secretKey: string }): string {
    const key = this.key(`s${publicKey}`, () => privateKey(secretKey.slice(0, 64)));
    return nodeCrypto().sign(null, Buffer.from(text), key).toString('hex');
  }

  /** False also for a key or signature that is none. */
  holds(text: string, signature: string, publicKey: string): boolean {
    if (!isSignature(signature) || !isPublicKey(publicKey)) return false;
    try {
      const key = this.key(`p${publicKey}`, () => publicKeyOf(publicKey));
      return nodeCrypto().verify(null, Buffer.from(text), key, Buffer.from(signature, 'hex'));
    } catch {
      return false;
    }
  }

  private key(name: string, make: () => KeyObject): KeyObject {
    const key = this.keys.get(name) ?? make();
    this.keys.delete(name);
    this.keys.set(name, key);
    if (this.keys.size > KEPT) this.keys.delete(this.keys.keys().next().value!);
    return key;
  }
}
