import { attestationFault, type Attestation, type AttestationFault } from './attestation';
import type { ClientFrame } from './frames_client';
import { isPublicKey, isSignature } from './keys';
import { HELLO_SKEW_MS } from './limits';
import { SIGNED, verify } from './signature';
import type { Sodium } from './sodium';

type Hello = Extract<ClientFrame, { type: 'hello' }>;
type SessionHello = Extract<ClientFrame, { type: 'session_hello' }>;

export type HelloFault = 'malformed' | 'timestamp_skew' | 'bad_signature' | 'bad_session_pubkey' | 'bad_parent_pubkey' | 'attestation_mismatch';

/** Why a member's hello is refused by what it says itself; null when it holds. Whether the key is of the mesh is the broker's to know. */
export function helloFault(sodium: Sodium, hello: Hello, now: number): HelloFault | null {
  if (!isPublicKey(hello.pubkey) || !isSignature(hello.signature)) return 'malformed';
  if (hello.sessionPubkey !== undefined && !isPublicKey(hello.sessionPubkey)) return 'bad_session_pubkey';
  if (Math.abs(hello.timestamp - now) > HELLO_SKEW_MS) return 'timestamp_skew';
  const text = SIGNED.hello(hello.meshId, hello.memberId, hello.pubkey, hello.timestamp);
  return verify(sodium, text, hello.signature, hello.pubkey) ? null : 'bad_signature';
}

/** The same for a session's, whose attestation is checked too. */
export function sessionHelloFault(sodium: Sodium, hello: SessionHello, now: number): HelloFault | AttestationFault | null {
  const { sessionPubkey, parentMemberPubkey, parentAttestation } = hello;
  if (!isPublicKey(sessionPubkey)) return 'bad_session_pubkey';
  if (!isPublicKey(parentMemberPubkey)) return 'bad_parent_pubkey';
  if (!names(parentAttestation, sessionPubkey, parentMemberPubkey)) return 'attestation_mismatch';
  const attested = attestationFault(sodium, parentAttestation, now);
  if (attested) return attested;
  if (!isSignature(hello.signature)) return 'malformed';
  if (Math.abs(hello.timestamp - now) > HELLO_SKEW_MS) return 'timestamp_skew';
  const text = SIGNED.sessionHello(hello.meshId, parentMemberPubkey, sessionPubkey, hello.timestamp);
  return verify(sodium, text, hello.signature, sessionPubkey) ? null : 'bad_signature';
}

const names = (attestation: Attestation, session: string, parent: string): boolean =>
  attestation.sessionPubkey === session && attestation.parentMemberPubkey === parent;
