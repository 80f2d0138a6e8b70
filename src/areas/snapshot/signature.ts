import { ZdError } from '../../kernel/error';
import { strict, t, type Static } from '../../kernel/schema';
import { checker } from '../../kernel/validate';
import { sha256 } from './digest';
import { isSignedBy, type SigningKey } from './keys';

const Hex64 = t.String({ pattern: '^[0-9a-f]{64}$' });

/** The document beside a snapshot, `FILE.sig`. */
const Document = strict({
  version: t.Literal(1),
  alg: t.Literal('ed25519'),
  tag: t.String(),
  sha256: Hex64,
  bytes: t.Integer({ minimum: 0 }),
  public_key: Hex64,
  signature: t.String({ pattern: '^[0-9a-f]{128}$' }),
  signed_at: t.String({ maxLength: 40 }),
});

export type Signature = Static<typeof Document>;

/**
 * What is signed: the tag, the digest and size of the file, and the time, so a good snapshot under another tag, or an old one under a new
 * time, does not pass. The first line keeps the signature from meaning anything elsewhere.
 */
const message = ({ tag, sha256: digest, bytes, signed_at }: Pick<Signature, 'tag' | 'sha256' | 'bytes' | 'signed_at'>): Buffer =>
  Buffer.from(`zd snapshot signature 1\n${tag}\n${digest}\n${bytes}\n${signed_at}\n`);

export async function signed(tag: string, file: Uint8Array, key: SigningKey, now: number): Promise<Signature> {
  const about = { tag, sha256: sha256(file), bytes: file.length, signed_at: new Date(now).toISOString().replace('Z', '+00:00') };
  const { signature, publicKey } = await key.sign(message(about));
  return { version: 1, alg: 'ed25519', ...about, public_key: publicKey, signature };
}

/** The document as its text has it; `snapshot_verify_failed` for what is none. */
export function parseSignature(text: string): Signature {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw failed('its signature is not JSON', error);
  }
  const check = checker(Document);
  if (check.Check(value)) return value as Signature;
  const first = check.Errors(value).First();
  throw failed(`its signature is not one of ours (${first?.path || 'it'}: ${first?.message ?? 'not valid'})`);
}

/** Passes when the holder of the trusted key signed this file under this tag; `snapshot_verify_failed` with the first thing that differs otherwise. */
export function verified(tag: string, file: Uint8Array, document: Signature, trusted: string): void {
  if (document.tag !== tag) throw failed(`the signature is for the tag "${document.tag.slice(0, 100)}"`);
  if (document.bytes !== file.length || document.sha256 !== sha256(file)) throw failed('it is not the file that was signed');
  if (document.public_key !== trusted.toLowerCase()) throw failed(`it was signed with another key, ${document.public_key}`);
  if (!isSignedBy(document.public_key, message(document), document.signature)) throw failed('the signature is not the work of its key');
}

export const failed = (why: string, cause?: unknown): ZdError =>
  new ZdError('snapshot_verify_failed', `The snapshot does not pass: ${why}.`, { cause });
