import type { EventService } from '../../kernel/context';
import type { ToolGate, ToolWatcher } from '../../kernel/tool';
import type { Approval } from './approval_table';
import type { Approvals } from './approvals';
import type { Checkpoints } from './checkpoints';
import type { Durability } from '../../storage/db';
import type { Commands } from './commands';
import type { Memories } from './memories';
import type { Policy } from './policy';
import type { Sessions } from './sessions';

/** What keeps agents' work going from one to the next, and tells of what they do. */
export interface RuntimeService {
  readonly sessions: Sessions;
  readonly checkpoints: Checkpoints;
  readonly memories: Memories;
  readonly approvals: Approvals;
  readonly policy: Policy;
  readonly commands: Commands;
  /** Every tool call goes by these two. */
  readonly watch: ToolWatcher;
  readonly gate: ToolGate;
  /** Tells, inside the write under way, how an approval ended. */
  tellApproval(kind: 'approval_answered' | 'approval_expired' | 'approval_cancelled', approval: Approval): void;
  /** One transaction over several of them; `work` may run twice. */
  write<T>(work: () => T, durability?: Durability): Promise<T>;
  /** The lease of a session that names none. */
  leaseMs(): number;
  /** The largest state of a checkpoint. */
  checkpointBytes(): number;
  /** Where a stream begins, or what is wrong with the text. */
  since(text: string): NonNullable<Parameters<EventService['follow']>[1]> | string;
}

declare module '../../kernel/context' {
  interface Services {
    readonly runtime: RuntimeService;
  }
}
