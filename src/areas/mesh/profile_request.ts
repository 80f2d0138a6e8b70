import { profileFrames, type Profile } from './wishes';
import type { MeshService } from './service';

/** Stores what a profile says, for one mesh or all, and tells the brokers that are there; the others hear it at the next hello. */
export async function applyProfile({ meshes, wishes }: MeshService, slug: string | null, profile: Profile) {
  const all = meshes.some(slug);
  const reached: string[] = [];
  for (const { joined, link } of all) {
    await wishes.profile(joined.slug, profile);
    const frames = profileFrames(profile);
    if (frames.length > 0 && frames.every((frame) => link.send(frame))) reached.push(joined.slug);
  }
  return { applied: Object.keys(profile), meshes: all.map(({ joined }) => joined.slug), reached };
}
