import type { MeshService } from './service';
import type { PeerRecord } from './wire/frames_broker';

export type Peer = PeerRecord & { readonly mesh: string };

/** The peers of one mesh or all. A mesh whose broker does not answer adds nobody and is named. */
export async function peersOf({ meshes }: MeshService, slug: string | null): Promise<{ peers: Peer[]; unreachable: string[] }> {
  const unreachable: string[] = [];
  const lists = await Promise.all(
    meshes.some(slug).map(async ({ joined, roster }): Promise<Peer[]> => {
      try {
        return (await roster.list()).map((peer) => ({ ...peer, mesh: joined.slug }));
      } catch {
        unreachable.push(joined.slug);
        return [];
      }
    }),
  );
  return { peers: lists.flat(), unreachable };
}
