import { Nanos, nullable, strict, t } from '../../kernel/schema';
import type { Invitation, Joined } from './enroller';
import { nanos } from '../../kernel/clock';

export const Slug = t.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[a-z0-9][a-z0-9._-]*$',
  description: 'Lower-case letters, digits, `.`, `_`, `-`.',
});
export const DisplayName = t.String({
  minLength: 1,
  maxLength: 256,
  pattern: '^[^\\u0000-\\u001f\\u007f]+$',
  description: 'What others see as the name of this daemon; the name of the machine without it.',
});

export const InviteId = t.String({ pattern: '^[0-9A-Za-z]{8,64}$', description: 'What the invitation is called.' });

export const JOINED_MESH = {
  mesh: t.String(),
  mesh_id: t.String(),
  member_id: t.String(),
  pubkey: t.String({ description: 'The public key of this member; messages to it reach this daemon.' }),
  broker: t.String(),
  already: t.Boolean({ description: 'It was joined before; nothing was changed.' }),
};

export const wireJoined = ({ mesh, already }: Joined) => ({
  ...{ mesh: mesh.slug, mesh_id: mesh.meshId, member_id: mesh.memberId, pubkey: mesh.publicKey, broker: mesh.brokerUrl, already },
});

export const INVITATION = strict({
  link: t.String({ description: 'Whoever has it can join. Treat it as a password.' }),
  invite: InviteId,
  mesh: t.String(),
  role: t.String(),
  expires_at_ns: Nanos,
  max_uses: t.Integer(),
  warning: nullable(t.String()),
});

export const wireInvitation = (mesh: string, maxUses: number, { id, link, role, expiresAt, version }: Invitation) => ({
  ...{ link, invite: id, mesh, role, expires_at_ns: nanos(expiresAt), max_uses: maxUses },
  warning: version === 1 ? 'A link of version 1 carries the root key of the mesh; only claudemesh clients need one.' : null,
});
