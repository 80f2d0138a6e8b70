/** A mesh this daemon is a member of. Times in milliseconds; `expires_at` of an invitation alone is in seconds. */
export interface JoinedMesh {
  /** Lower case letters, digits, `.`, `_` and `-`; unique among the meshes of a daemon. */
  readonly slug: string;
  readonly meshId: string;
  readonly memberId: string;
  /** What others see as our name. */
  readonly displayName: string;
  /** ed25519, lower-case hex: 64 and 128 characters. The secret never leaves the daemon. */
  readonly publicKey: string;
  readonly secretKey: string;
  /** `ws://` or `wss://`, with the path. */
  readonly brokerUrl: string;
  readonly joinedAt: number;
  /** base64url, 32 bytes; null when the invitation brought none. */
  readonly rootKey: string | null;
  /** Null for the mesh's own creator. */
  readonly inviteVersion: 1 | 2 | null;
  /** Who signs invitations; its own `publicKey` for the creator. */
  readonly ownerPublicKey: string | null;
}

/** Where the meshes of a daemon are kept. What is added or removed is in force at once: links come up and go without a restart. */
export interface MeshBook {
  /** Resolves when it is stored for good. Throws `conflict` when a mesh of that slug, or with that id, is there already. */
  add(mesh: JoinedMesh): Promise<void>;
  /** By slug. */
  list(): readonly JoinedMesh[];
  /** False when there is none of that slug. */
  remove(slug: string): Promise<boolean>;
}
