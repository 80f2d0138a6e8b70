import { isPublicKey, isSignature } from './keys';
import { ATTESTATION, HELLO_SKEW_MS } from './limits';
import { sign, SIGNED, verify } from './signature';
import type { Sodium } from './sodium';

/** A member's word that a session's key is its own, until `expiresAt` (milliseconds). */
export interface Attestation {
  readonly sessionPubkey: string;
  readonly parentMemberPubkey: string;
  readonly expiresAt: number;
  readonly signature: string;
}

export type AttestationFault = 'malformed' | 'expired' | 'ttl_too_long' | 'bad_signature';

export function attest(sodium: Sodium, member: { publicKey: string; secretKey: string }, sessionPubkey: string, now: number): Attestation {
  const expiresAt = now + ATTESTATION.ttlMs;
  const signature = sign(sodium, SIGNED.attestation(member.publicKey, sessionPubkey, expiresAt), member.secretKey);
  return { sessionPubkey, parentMemberPubkey: member.publicKey, expiresAt, signature };
}

/** Null: it holds now. The cap has the tolerance of two clocks, as a hello has. */
export function attestationFault(sodium: Sodium, attestation: Attestation, now: number): AttestationFault | null {
  const { sessionPubkey, parentMemberPubkey, expiresAt, signature } = attestation;
  if (!isPublicKey(sessionPubkey) || !isPublicKey(parentMemberPubkey) || !isSignature(signature) || !Number.isSafeInteger(expiresAt))
    return 'malformed';
  if (expiresAt <= now) return 'expired';
  if (expiresAt > now + ATTESTATION.capMs + HELLO_SKEW_MS) return 'ttl_too_long';
  return verify(sodium, SIGNED.attestation(parentMemberPubkey, sessionPubkey, expiresAt), signature, parentMemberPubkey) ? null : 'bad_signature';
}
