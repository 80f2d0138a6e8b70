import type { BrokerFrameOf } from './frames_broker';

/** What a broker promises for the ids of messages: an id is refused or answered as before for so many days. */
export interface DedupeFeature {
  readonly mode: 'retention_scoped' | 'permanent';
  /** Days; absent for `permanent`. */
  readonly days: number | null;
}

/** Capabilities a client names in its hello, and features both ends negotiate after it. */
export const FEATURES = {
  challenge: 'hello_challenge',
  dedupe: 'client_message_id_dedupe',
  maxPayload: 'max_payload',
  /** zd: `signature`, `meta` and `targetSpec` of a message are stored and delivered. */
  signed: 'zd_signed_messages',
  /** zd: who has seen a message tells the broker, and the broker its sender (`message_seen`, `receipts`). */
  seen: 'zd_seen_receipts',
} as const;

/** Below this an id could be forgotten while its sender still tries. */
export const DEDUPE_FLOOR_DAYS = 3;

export type Negotiated =
  | {
      readonly dedupe: DedupeFeature | null;
      readonly inlineBytes: number | null;
      readonly signed: boolean;
      readonly seen: boolean;
      readonly fault?: undefined;
    }
  | {
      readonly fault: {
        readonly kind: 'feature_unavailable' | 'feature_param_invalid' | 'feature_param_below_floor';
        readonly feature: string;
        readonly detail: string;
      };
    };

/** What an answer to a negotiation means, or why the link cannot be used. */
export function readNegotiation({ supported, missing_required }: BrokerFrameOf<'feature_negotiation_response'>): Negotiated {
  const missing = missing_required[0];
  if (missing !== undefined) return { fault: { kind: 'feature_unavailable', feature: missing, detail: 'the broker does not offer it' } };
  const params = (feature: string): Readonly<Record<string, unknown>> | null =>
    Object.hasOwn(supported, feature) ? (supported[feature]!.params ?? {}) : null;
  const dedupe = params(FEATURES.dedupe);
  let known: DedupeFeature | null = null;
  if (dedupe) {
    const days = dedupe.dedupe_retention_days;
    if (dedupe.mode === 'permanent') known = { mode: 'permanent', days: null };
    else if (dedupe.mode !== 'retention_scoped' || typeof days !== 'number' || !Number.isFinite(days))
      return { fault: { kind: 'feature_param_invalid', feature: FEATURES.dedupe, detail: 'mode and dedupe_retention_days are needed' } };
    else if (days < DEDUPE_FLOOR_DAYS)
      return {
        fault: {
          kind: 'feature_param_below_floor',
          feature: FEATURES.dedupe,
          detail: `dedupe_retention_days is ${days}, at least ${DEDUPE_FLOOR_DAYS} is needed`,
        },
      };
    else known = { mode: 'retention_scoped', days };
  }
  const inline = params(FEATURES.maxPayload)?.inline_bytes;
  if (inline !== undefined && (typeof inline !== 'number' || !(inline >= 1024)))
    return { fault: { kind: 'feature_param_below_floor', feature: FEATURES.maxPayload, detail: 'inline_bytes is at least 1024' } };
  return { dedupe: known, inlineBytes: inline ?? null, signed: params(FEATURES.signed) !== null, seen: params(FEATURES.seen) !== null };
}
