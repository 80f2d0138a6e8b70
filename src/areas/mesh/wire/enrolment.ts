import { t, type Static } from '../../../kernel/schema';

/** Bodies of the broker's HTTP routes. What only an owner may ask carries `x-zd-timestamp` and `x-zd-signature` over `ownerRequestText`. */
const Slug = t.String({ minLength: 1, maxLength: 64, pattern: '^[a-z0-9._-]+$' });
const PublicKey = t.String({ pattern: '^[0-9a-f]{64}$' });
const Signature = t.String({ pattern: '^[0-9a-f]{128}$' });
const DisplayName = t.String({ minLength: 1, maxLength: 256, pattern: '^[^\\u0000-\\u001f\\u007f]+$' });

/** `POST /meshes` → `{mesh_id, mesh_slug, member_id}`; the owner is its first member. */
export const CreateMesh = t.Object({ slug: Slug, owner_pubkey: PublicKey, display_name: DisplayName });
export type CreateMesh = Static<typeof CreateMesh>;

/** `POST /meshes/ID/invites` → `{invite_id}`. `lookup` is `lookupOf` the link's token or code; `expires_at` in seconds. */
export const CreateInvite = t.Object({
  version: t.Union([t.Literal(1), t.Literal(2)]),
  invite_id: t.String({ pattern: '^[0-9A-Za-z]{8,64}$' }),
  lookup: t.String({ pattern: '^[0-9a-f]{64}$' }),
  role: t.Union([t.Literal('admin'), t.Literal('member')]),
  expires_at: t.Integer({ minimum: 0, maximum: 100_000_000_000 }),
  max_uses: t.Integer({ minimum: 1, maximum: 1_000_000 }),
  /** Of the link (version 1) or of `canonicalV2`. */
  signature: Signature,
  sealed_root_key: t.Optional(t.String({ maxLength: 1024 })),
});
export type CreateInvite = Static<typeof CreateInvite>;

/** `POST /join` → `{ok: true, memberId, alreadyMember?}` or 400 `{ok: false, error}`. */
export const Join = t.Object({
  invite_token: t.String({ minLength: 1, maxLength: 8192 }),
  invite_payload: t.Unknown(),
  peer_pubkey: PublicKey,
  display_name: DisplayName,
});
export type Join = Static<typeof Join>;

/** `POST /invites/CODE/claim` → `ClaimReply`. Both keys: the reference's claim names only the second, which no hello can be signed with. */
export const Claim = t.Object({
  peer_pubkey: t.Optional(PublicKey),
  recipient_x25519_pubkey: t.Optional(t.String({ maxLength: 64 })),
  display_name: t.Optional(DisplayName),
});
export type Claim = Static<typeof Claim>;

export const ClaimReply = t.Object({
  mesh_id: t.String({ minLength: 1, maxLength: 256, pattern: '^[^|\\u0000-\\u001f]+$' }),
  mesh_slug: Slug,
  member_id: t.String({ minLength: 1, maxLength: 256, pattern: '^[^|\\u0000-\\u001f]+$' }),
  owner_pubkey: PublicKey,
  canonical_v2: t.String({ maxLength: 2048 }),
  signature: Signature,
  sealed_root_key: t.Union([t.String({ maxLength: 1024 }), t.Null()]),
  already_member: t.Boolean(),
});
export type ClaimReply = Static<typeof ClaimReply>;
