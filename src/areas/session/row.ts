import type { SessionEvent, StoredType } from './event';

export interface SessionRow {
  readonly key: number;
  readonly session_id: string;
  readonly agent: string;
  readonly title: string | null;
  readonly cwd: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly closed_at: number | null;
  readonly agent_session: string | null;
  readonly model: string | null;
  readonly thinking: string | null;
  readonly system: string | null;
  readonly context_seq: number;
  readonly summary: string | null;
  readonly first_seq: number;
  readonly last_seq: number;
  readonly bytes: number;
  readonly turns: number;
  readonly approvals: number;
  readonly auto_turns: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost: number;
  readonly agent_pid: number | null;
  readonly agent_start: string | null;
}

/** What a row is addressed by, inside and outside. */
export type SessionRef = Pick<SessionRow, 'key' | 'session_id'>;

export interface QueuedRow {
  readonly queue_id: number;
  readonly kind: 'message' | 'event';
  readonly content: string;
  readonly by: string;
}

/** An event on its way to the store. */
export interface Draft {
  readonly type: StoredType;
  readonly data: Readonly<Record<string, unknown>>;
  readonly turn: number | null;
  /** The lines it was made of. */
  readonly raw?: string;
}

export type Deliver = (session: string, events: readonly SessionEvent[]) => void;
