import { t, type Static } from '../../../kernel/schema';
import { checker } from '../../../kernel/validate';
import { isPublicKey } from './keys';
import { sign, verify } from './signature';
import type { Sodium } from './sodium';

/** An invitation of version 1: everything a joiner needs, the mesh's root key included, in the link itself. `expires_at` is in seconds. */
export const InvitePayload = t.Object({
  v: t.Literal(1),
  mesh_id: t.String({ minLength: 1, maxLength: 256, pattern: '^[^|\\u0000-\\u001f]+$' }),
  mesh_slug: t.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9._-]+$' }),
  broker_url: t.String({ minLength: 1, maxLength: 2048, pattern: '^wss?://[^|\\s]+$' }),
  expires_at: t.Integer({ minimum: 0, maximum: 100_000_000_000 }),
  mesh_root_key: t.String({ minLength: 1, maxLength: 256, pattern: '^[A-Za-z0-9_=+/-]+$' }),
  role: t.Union([t.Literal('admin'), t.Literal('member')]),
  owner_pubkey: t.String({ pattern: '^[0-9a-f]{64}$' }),
  signature: t.String({ pattern: '^[0-9a-f]{128}$' }),
});
export type InvitePayload = Static<typeof InvitePayload>;

type Unsigned = Omit<InvitePayload, 'signature'>;

export type InviteFault = 'malformed' | 'bad_signature' | 'expired';

const PREFIX = 'ic://join/';

const inviteText = (invite: Unsigned): string =>
  [invite.v, invite.mesh_id, invite.mesh_slug, invite.broker_url, invite.expires_at, invite.mesh_root_key, invite.role, invite.owner_pubkey].join(
    '|',
  );

export const signInvite = (sodium: Sodium, invite: Unsigned, ownerSecretKey: string): InvitePayload => ({
  ...invite,
  signature: sign(sodium, inviteText(invite), ownerSecretKey),
});

/** The part of a link that names the invitation: base64url of its JSON. */
export const inviteToken = (invite: InvitePayload): string =>
  new TextEncoder().encode(JSON.stringify(invite)).toBase64({ alphabet: 'base64url', omitPadding: true });

export const inviteLink = (invite: InvitePayload): string => PREFIX + inviteToken(invite);

/** The invitation of a link, or of its token alone; null when it is none. Its signature is not checked yet. */
export function parseInvite(link: string): { readonly token: string; readonly payload: InvitePayload } | null {
  const text = link.trim();
  const token = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  if (!/^[A-Za-z0-9_-]{1,8192}$/.test(token)) return null;
  try {
    const payload: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Uint8Array.fromBase64(token, { alphabet: 'base64url' })));
    return checker(InvitePayload).Check(payload) ? { token, payload: payload as InvitePayload } : null;
  } catch {
    return null;
  }
}

/** `now` in milliseconds. */
export function inviteFault(sodium: Sodium, invite: InvitePayload, now: number): InviteFault | null {
  if (!verify(sodium, inviteText(invite), invite.signature, invite.owner_pubkey)) return 'bad_signature';
  return invite.expires_at * 1000 <= now ? 'expired' : null;
}

/** What the owner signs of an invitation of version 2, whose root key stays with the broker until it is claimed. */
export interface InviteTerms {
  readonly mesh_id: string;
  readonly invite_id: string;
  /** Seconds. */
  readonly expires_at: number;
  readonly role: 'admin' | 'member';
  readonly owner_pubkey: string;
}

export const canonicalV2 = (terms: InviteTerms): string =>
  `v=2|${terms.mesh_id}|${terms.invite_id}|${terms.expires_at}|${terms.role}|${terms.owner_pubkey}`;

/** The terms of the text a broker sends back on a claim; null when it is none. */
export function parseCanonicalV2(text: string): InviteTerms | null {
  const parts = text.split('|');
  const [version, mesh_id, invite_id, expires, role, owner_pubkey] = parts as [string, string, string, string, string, string];
  if (parts.length !== 6 || version !== 'v=2' || !/^\d{1,11}$/.test(expires) || !isPublicKey(owner_pubkey)) return null;
  if ((role !== 'admin' && role !== 'member') || mesh_id === '' || invite_id === '') return null;
  return { mesh_id, invite_id, expires_at: Number(expires), role, owner_pubkey };
}

/** What an owner signs of a request to the broker that only an owner may make: nobody can repeat it elsewhere or later. */
export const ownerRequestText = (action: string, meshId: string, body: string, timestamp: number): string =>
  `zd-owner|${action}|${meshId}|${timestamp}|${new Bun.CryptoHasher('sha256').update(body).digest('hex')}`;
