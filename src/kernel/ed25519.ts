import type { KeyObject } from 'node:crypto';
import { nodeCrypto } from './builtin';

/** Where the 32 bytes stand in the two encodings of an ed25519 key: behind these (RFC 8410 §10). */
const PRIVATE_HEAD = '302e020100300506032b657004220420';
const PUBLIC_HEAD = '302a300506032b6570032100';

/** From its 32 bytes in hex. Throws for anything else. */
export const privateKey = (seed: string): KeyObject =>
  nodeCrypto().createPrivateKey({ key: Buffer.from(PRIVATE_HEAD + seed, 'hex'), format: 'der', type: 'pkcs8' });

/** From its 32 bytes in hex. Throws for anything else. */
export const publicKey = (bytes: string): KeyObject =>
  nodeCrypto().createPublicKey({ key: Buffer.from(PUBLIC_HEAD + bytes, 'hex'), format: 'der', type: 'spki' });
