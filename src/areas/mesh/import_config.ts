import { ZdError } from '../../kernel/error';
import { meshFault } from './keyring';
import type { JoinedMesh, MeshService } from './service';

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** A mesh as a claudemesh configuration has it, in our form. */
function meshOf(entry: Record<string, unknown>, displayName: string): JoinedMesh {
  const joinedAt = Date.parse(text(entry.joinedAt));
  const rootKey = text(entry.rootKey).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
  const version = entry.inviteVersion;
  return {
    slug: text(entry.slug),
    meshId: text(entry.meshId),
    memberId: text(entry.memberId),
    displayName: text(entry.displayName) || displayName || text(entry.name) || 'zd',
    publicKey: text(entry.pubkey).toLowerCase(),
    secretKey: text(entry.secretKey).toLowerCase(),
    brokerUrl: text(entry.brokerUrl),
    joinedAt: Number.isNaN(joinedAt) ? 0 : joinedAt,
    rootKey: /^[A-Za-z0-9_-]{43}$/.test(rootKey) ? rootKey : null,
    inviteVersion: version === 1 || version === 2 ? version : null,
    ownerPublicKey: null,
  };
}

/** Joins the meshes of a claudemesh configuration. Those that are joined already stay as they are. */
export async function importConfig({ meshes, wishes }: MeshService, config: Record<string, unknown>) {
  const { meshes: entries, displayName, groups } = config;
  if (!Array.isArray(entries)) throw new ZdError('bad_args', '/config: it has no list of meshes', { path: '/config/meshes' });
  const result = { imported: [] as string[], already: [] as string[], refused: [] as { slug: string; reason: string }[] };
  for (const entry of entries as unknown[]) {
    const mesh = meshOf(typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : {}, text(displayName));
    const known = meshes.list().find(({ meshId, publicKey }) => meshId === mesh.meshId && publicKey === mesh.publicKey);
    const fault = meshFault(mesh);
    if (known) result.already.push(known.slug);
    else if (fault !== null) result.refused.push({ slug: mesh.slug.slice(0, 64), reason: fault });
    else {
      try {
        await meshes.add(mesh);
        const named = Array.isArray(groups) ? groups.flatMap(groupOf) : [];
        if (named.length > 0) await wishes.setGroups(mesh.slug, named);
        result.imported.push(mesh.slug);
      } catch (error) {
        if (!(error instanceof ZdError) || error.code !== 'conflict') throw error;
        result.refused.push({ slug: mesh.slug, reason: 'another mesh is joined under this slug' });
      }
    }
  }
  return result;
}

function groupOf(group: unknown): { name: string; role?: string }[] {
  if (typeof group === 'string') return [{ name: group }];
  const { name, role } = (group ?? {}) as { name?: unknown; role?: unknown };
  return typeof name === 'string' && name !== '' ? [{ name, ...(typeof role === 'string' ? { role } : {}) }] : [];
}
