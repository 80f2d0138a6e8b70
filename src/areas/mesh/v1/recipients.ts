import type { MeshService } from '../service';
import type { Session } from '../sessions';

/** Whose messages a session sees: its own and its member's. Null for everybody else, who sees all. */
export const recipientsOf = ({ meshes }: MeshService, session: Session | null): string[] | null =>
  session && [session.pubkey, ...meshes.list().flatMap(({ slug, publicKey }) => (slug === session.mesh ? [publicKey] : []))];
