import { COPIED } from './host';
import type { MeshService } from './service';

/** The link of a mesh as people see it. */
export function linkEntry({ meshes }: MeshService, slug: string): { state: string; reason: string | null; openSince: number | null } {
  const mesh = meshes.all().find(({ joined }) => joined.slug === slug);
  if (!mesh) return { state: meshes.refused ? 'host_mismatch' : 'closed', reason: meshes.refused ? COPIED : null, openSince: null };
  return { state: mesh.link.state, reason: mesh.link.reason, openSince: mesh.link.openSince };
}
