export const sha256 = (bytes: Uint8Array): string => new Bun.CryptoHasher('sha256').update(bytes).digest('hex');

/** Bytes that take about ten milliseconds. */
const PIECE = 4 << 20;

/** The same of what may be large, one piece after the other, giving way to other work between them. */
export async function sha256InTurns(pieces: Iterable<Uint8Array>): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  for (const bytes of pieces)
    for (let at = 0; at < bytes.length; at += PIECE) {
      hash.update(bytes.subarray(at, at + PIECE));
      await new Promise(setImmediate);
    }
  return hash.digest('hex');
}
