/**
 * What a broker's refusal of a message means. `permanent`: never again. `retry`: it counts as an attempt. `pause`: the sender is too fast, the
 * whole mesh waits and no attempt is used up. `park`: the recipient is not there, which says nothing about the message.
 */
export type Refusal =
  | { readonly kind: 'permanent' | 'retry' | 'park' }
  /** `rest` is a pause for this recipient alone. Milliseconds, as the broker asked for. */
  | { readonly kind: 'pause' | 'rest'; readonly ms: number };

const PERMANENT = [
  'payload_too_large',
  'payload too large',
  'forbidden',
  'not_found',
  'invalid',
  'schema',
  'auth',
  'signature',
  'blocked by recipient grants',
  'idempotency_key_reused',
  'request_fingerprint_mismatch',
  'unknown_topic',
];
const PARKED = ['no connected peer for target'];
const DEFAULT_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** Reads the texts brokers send; `retryAfterMs` where one says when to come back. */
export function classify(text: string, retryAfterMs?: number): Refusal {
  const lower = text.toLowerCase();
  if (lower.includes('rate_limit') || lower.includes('rate limit')) return { kind: 'pause', ms: pauseOf(lower, retryAfterMs) };
  if (PARKED.some((each) => lower.includes(each))) return { kind: 'park' };
  if (PERMANENT.some((each) => lower.includes(each))) return { kind: 'permanent' };
  return retryAfterMs === undefined ? { kind: 'retry' } : { kind: 'rest', ms: bounded(retryAfterMs) };
}

/** `max 60 msg/min` refills one message a second. */
function pauseOf(text: string, retryAfterMs: number | undefined): number {
  if (retryAfterMs !== undefined) return bounded(retryAfterMs);
  const rate = /max (\d{1,9}) msg\/min/.exec(text)?.[1];
  return rate === undefined || Number(rate) === 0 ? DEFAULT_PAUSE_MS : bounded(60_000 / Number(rate));
}

const bounded = (ms: number): number => (Number.isFinite(ms) ? Math.min(LONGEST_PAUSE_MS, Math.max(1, ms)) : DEFAULT_PAUSE_MS);

export const MAX_ATTEMPTS = 25;

/** Milliseconds until the attempt that follows the nth: doubled up to half a minute, of that between half and all by chance (`random` from 0 to 1). */
export const retryMs = (attempts: number, random: number): number => Math.min(30_000, 500 * 2 ** Math.min(attempts, 12)) * (0.5 + random / 2);
/** How long a message for somebody who is not there rests, unless they come. */
export const parkMs = (random: number): number => 30_000 * (0.5 + random / 2);
