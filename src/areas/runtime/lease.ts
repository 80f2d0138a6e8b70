/** A token that nobody can guess; its digest is all that is stored. */
export const newLease = (): string => Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString('base64url');

export const digestOf = (text: string): string => new Bun.CryptoHasher('sha256').update(text).digest('hex');
