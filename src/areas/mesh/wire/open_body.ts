import { fromBase64, type SealedBody } from './box';

/**
 * Bodies of broadcasts, groups and topics of version 1: base64 of the text beside a nonce that means nothing. Readable by the broker, and proof
 * of nothing: only a message that came by such a target may be read so.
 */
export const plainBody = (text: string): SealedBody => ({
  nonce: crypto.getRandomValues(new Uint8Array(24)).toBase64(),
  ciphertext: new TextEncoder().encode(text).toBase64(),
});

/** Null when it is no base64, or no UTF-8. */
export function readPlainBody({ ciphertext }: Pick<SealedBody, 'ciphertext'>): string | null {
  const bytes = fromBase64(ciphertext);
  if (!bytes) return null;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
