/** A channel that outside services may post to with a signature instead of a token. */
export interface WebhookChannel {
  readonly name: string;
  readonly secret: string;
  /** The header that carries the signature, in lower case. */
  readonly header: string;
}

/** The channels of the configuration, read anew at each use. */
export interface WebhookService {
  channel(name: string): WebhookChannel | undefined;
  /** Deepest nesting of a JSON body. */
  maxDepth(): number;
}

const SHA256_BYTES = 32;
/** Stands for the secret of a channel that has none, so that such a channel takes the time of any other. */
const NO_SECRET = Buffer.from(crypto.getRandomValues(new Uint8Array(SHA256_BYTES))).toString('hex');

/**
 * Whether a signature is the HMAC-SHA256 of these bytes under the channel's secret: hex, with `sha256=` before it or without (GitHub's
 * `X-Hub-Signature-256`). The time taken tells neither how much of it was right nor whether the channel exists.
 */
export function signatureFits(channel: WebhookChannel | undefined, signature: string | null, bytes: Uint8Array): boolean {
  const expected = new Bun.CryptoHasher('sha256', channel?.secret ?? NO_SECRET).update(bytes).digest();
  const hex = /^(?:sha256=)?([0-9a-f]{64})$/i.exec(signature ?? '')?.[1];
  const given = hex === undefined ? Buffer.alloc(SHA256_BYTES) : Buffer.from(hex, 'hex');
  return crypto.timingSafeEqual(expected, given) && hex !== undefined && channel !== undefined;
}
