import type { Enroller } from './enroller';
import type { Inbox } from './inbox';
import type { Meshes } from './meshes';
import type { Outbox } from './outbox';
import type { OutboxAdmin } from './outbox_admin';
import type { Receipts } from './receipts';
import type { Sessions } from './sessions';
import type { JoinedMesh, MeshBook } from './service_types';
import type { Wishes } from './wishes';

export type { JoinedMesh, MeshBook };

/** The meshes of this daemon, what goes out and what came in. */
export interface MeshService {
  readonly meshes: Meshes;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  /** Reads of the outbox. */
  readonly rows: OutboxAdmin;
  readonly wishes: Wishes;
  readonly sessions: Sessions;
  readonly receipts: Receipts;
  /** Loaded when somebody makes, joins or shares a mesh. */
  enroller(): Promise<Enroller>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly mesh: MeshService;
  }
}
