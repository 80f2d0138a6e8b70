import type { SessionEvent } from './event';
import type { Input } from './input';

export type TurnTrigger = 'user' | 'queued_auto' | 'event_auto' | 'compaction';

/**
 * `closed`: it takes no prompts any more · `running`: a turn is under way · `waiting`: the turn waits for an answer to an approval ·
 * `idle`: it takes the next prompt.
 */
export type SessionState = 'idle' | 'running' | 'waiting' | 'closed';

export interface ApprovalOption {
  readonly option_id: string;
  readonly name: string;
  readonly kind: string;
}

export interface Approval {
  readonly approval_id: string;
  readonly session: string;
  readonly turn: number | null;
  readonly state: 'pending' | 'answered' | 'cancelled' | 'expired';
  /** What the agent wants to do. */
  readonly tool: { readonly tool_id: string; readonly tool_name: string; readonly input?: unknown };
  readonly options: readonly ApprovalOption[];
  /** Milliseconds since the Unix epoch, as the others. */
  readonly askedAt: number;
  readonly expiresAt: number | null;
  readonly resolvedAt: number | null;
  readonly optionId: string | null;
  readonly by: string | null;
}

export interface SessionInfo {
  readonly session: string;
  readonly agent: string;
  /** Null when the agent is not in the configuration any more. */
  readonly driver: 'acp' | 'openai' | null;
  readonly title: string | null;
  readonly cwd: string;
  readonly state: SessionState;
  /** The turn under way. */
  readonly turn: number | null;
  readonly turnStartedAt: number | null;
  /** Turns so far. */
  readonly turns: number;
  /** Process of the agent; null while none runs. */
  readonly pid: number | null;
  /** It failed to start again and again, and is not started before. */
  readonly retryAt: number | null;
  /** Null: the agent has a default of its own, which nobody knows here. */
  readonly model: string | null;
  readonly thinking: string | null;
  readonly system: string | null;
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly bytes: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cost: number;
  readonly autoTurns: number;
  readonly queued: number;
  readonly pendingApprovals: number;
  /** Those who follow it now. */
  readonly viewers: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly closedAt: number | null;
}

export interface NewSession {
  /** Chosen by the caller; made when absent. Throws `conflict` when there is one. */
  readonly id?: string;
  /** The only configured agent when absent. */
  readonly agent?: string;
  /** Absolute; what the agent is configured with when absent. */
  readonly cwd?: string;
  readonly title?: string;
  readonly model?: string;
  readonly system?: string;
}

export interface Prompt {
  readonly text: string;
  /** Who says it, for the transcript. */
  readonly by: string;
  /** During a turn: wait for its end instead of failing with `busy`. */
  readonly queue?: boolean;
}

export interface Prompted {
  readonly disposition: 'started' | 'queued';
  /** The turn it began; null when it is queued. */
  readonly turn: number | null;
  /** Of the `user` or `queued` event. */
  readonly seq: number;
  readonly queueId: number | null;
}

export interface Injected {
  readonly disposition: 'injected' | 'buffered' | 'rejected';
  readonly queueId: number | null;
  readonly turn: number | null;
  readonly reason: string | null;
}

/** Where a follower begins: behind an event, or with the newest so many. */
export type SessionSince = number | { readonly tail: number };

export interface HistoryQuery {
  /** Events behind this one. */
  readonly since?: number;
  /** Instead of `since`: the newest before this one, in order. */
  readonly before?: number;
  readonly limit: number;
  /** Only these types. */
  readonly types?: readonly string[];
  /** Also what the agent wrote, where it did. */
  readonly raw?: boolean;
}

export interface HistoryPage {
  readonly events: readonly SessionEvent[];
  /** By number of event; only with `raw`. */
  readonly raw: ReadonlyMap<number, string>;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The first and the last event that were looked at, whatever their types; 0 for none. */
  readonly from: number;
  readonly to: number;
  /** Another page is there in the direction that was asked for. */
  readonly more: boolean;
}

/** Null: back to what the agent is configured with. */
export interface SessionChange {
  readonly title?: string | null;
  readonly model?: string | null;
  readonly thinking?: string | null;
  readonly system?: string | null;
}

/**
 * Sessions with agents, which outlive their viewers. What a promise tells is committed when it resolves. Everything that names a session
 * throws `no_such_session` when there is none.
 */
export interface SessionService {
  /** Whose input is taken. */
  readonly input: Input;
  /** Throws `no_such_agent`, `agent_failed` when the agent cannot be started as it is configured, `conflict`, `too_many`. */
  create(request: NewSession): Promise<SessionInfo>;
  /** Newest first. */
  list(query: { readonly agent?: string; readonly state?: SessionState; readonly before?: string; readonly limit: number }): SessionInfo[];
  info(id: string): SessionInfo;
  /** The id that a person means: an exact id, then a title, then the beginning of an id; null when none or several fit. */
  find(text: string): string | null;
  /** Throws `busy` during a turn, unless it may be queued; `too_many` when the queue is full; `conflict` when it is closed. */
  prompt(id: string, prompt: Prompt): Promise<Prompted>;
  /** Something happened that the agent should know of: given to it at once when it is idle, after the turn otherwise. */
  inject(id: string, event: { readonly content: string; readonly by: string }): Promise<Injected>;
  /** Ends the turn under way, and everything that is queued. `turn` null: there was nothing to cancel. Resolves when the turn has ended. */
  cancel(id: string): Promise<{ readonly turn: number | null; readonly dequeued: number }>;
  /** Events in pages. */
  history(id: string, query: HistoryQuery): HistoryPage;
  /** Pending approvals; of all sessions without an id. */
  approvals(id?: string): Approval[];
  /** Throws `no_such_approval` when this session has none of this id, `conflict` when it is resolved, `bad_args` for an option it does not have. */
  answer(
    id: string,
    answer: { readonly approvalId: string; readonly optionId: string; readonly by: string; readonly note?: string | null },
  ): Promise<Approval>;
  /** Throws `busy` when something other than the title is changed during a turn. */
  change(id: string, change: SessionChange): Promise<SessionInfo>;
  /** Begins a new conversation with zero counters; what was said stays stored, before a `cleared` event. Throws `busy`. */
  clear(id: string, by: string): Promise<SessionInfo>;
  /** A turn in which the agent sums up what was said; from then on the summary stands for it. Throws `busy`, and `conflict` below four messages. */
  compact(id: string, request: { readonly instructions?: string; readonly by: string }): Promise<Prompted>;
  /** Cancels what runs, ends the agent and takes no more prompts; what was said can be read. */
  close(id: string): Promise<SessionInfo>;
  /** Also what was said. Throws `busy` when it is not closed and `force` is not set. */
  remove(id: string, force?: boolean): Promise<void>;
  /**
   * What is stored behind a place, then live, without a hole or a double, until the signal aborts or the session is removed. Every event has been
   * stored before it is given. Who reads slowly is told so (`lag`) and misses nothing.
   */
  batches(id: string, since: SessionSince, signal: AbortSignal): AsyncGenerator<readonly SessionEvent[]>;
  /** The same, one event after the other. */
  follow(id: string, since: SessionSince, signal: AbortSignal): AsyncGenerator<SessionEvent>;
  /** Resolves when the turn is over or waits for an answer, or when the signal aborts. */
  settled(id: string, turn: number, signal?: AbortSignal): Promise<SessionInfo>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly sessions: SessionService;
  }
}
