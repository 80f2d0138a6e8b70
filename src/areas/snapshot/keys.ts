import { nodeCrypto } from '../../kernel/builtin';
import { privateKey, publicKey as publicKeyOf } from '../../kernel/ed25519';
import type { KeyObject } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { ZdError } from '../../kernel/error';
import { writeDurably } from '../../storage/durable_file';

const SEED = /^[0-9a-f]{64}\n$/;

export const isPublicKey = (text: string): boolean => /^[0-9a-f]{64}$/i.test(text);

/** The ed25519 key of this home: a file with 32 bytes in hex, which nobody but its owner may read. Made when it is first needed to sign. */
export class SigningKey {
  constructor(readonly path: string) {}

  /** The public half in hex; made when there is none. */
  async publicKey(): Promise<string> {
    return publicOf((await this.load()) ?? (await this.make()));
  }

  /** The public half when there is a key. */
  async existing(): Promise<string | null> {
    const key = await this.load();
    return key && publicOf(key);
  }

  async sign(message: Uint8Array): Promise<{ readonly signature: string; readonly publicKey: string }> {
    const key = (await this.load()) ?? (await this.make());
    return { signature: nodeCrypto().sign(null, message, key).toString('hex'), publicKey: publicOf(key) };
  }

  private async load(): Promise<KeyObject | null> {
    // A link would let somebody choose the key for us; a FIFO would hold us up.
    const handle = await open(this.path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw unusable(this.path, error.code === 'ELOOP' ? 'it is a link' : `it cannot be read (${error.code})`);
    });
    if (!handle) return null;
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw unusable(this.path, 'it is no file');
      if ((found.mode & 0o077) !== 0)
        throw unusable(this.path, 'others may read or write it (chmod 600 it, and sign again if they may have read it)');
      if (found.uid !== process.getuid?.()) throw unusable(this.path, 'it belongs to somebody else');
      const text = found.size > 100 ? '' : (await handle.readFile()).toString('latin1');
      if (!SEED.test(text)) throw unusable(this.path, 'it does not hold 64 hex digits and a line end');
      return privateKey(text.trim());
    } finally {
      await handle.close();
    }
  }

  /** Of several who make one at once the first wins, and all use its key. */
  private async make(): Promise<KeyObject> {
    try {
      await writeDurably(this.path, `${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}\n`, { replace: false });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
        throw unusable(this.path, `it cannot be made (${(error as NodeJS.ErrnoException).code})`);
    }
    const key = await this.load();
    if (!key) throw unusable(this.path, 'it was removed the moment it was made');
    return key;
  }
}

/** Whether the holder of this public key signed this very message. */
export function isSignedBy(publicKey: string, message: Uint8Array, signature: string): boolean {
  if (!isPublicKey(publicKey) || !/^[0-9a-f]{128}$/i.test(signature)) return false;
  return nodeCrypto().verify(null, message, publicKeyOf(publicKey), Buffer.from(signature, 'hex'));
}

const publicOf = (key: KeyObject): string => nodeCrypto().createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32).toString('hex');
const unusable = (path: string, why: string): ZdError => new ZdError('snapshot_key', `The signing key ${path} cannot be used: ${why}.`);
