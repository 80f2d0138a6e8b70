import type { Connection } from '../../kernel/connection';

export const KINDS = ['picker', 'input', 'dialog', 'menu', 'progress'] as const;

/** What is asked. */
export interface Question {
  readonly kind: string;
  readonly payload: unknown;
  readonly urgency: string;
  /** Milliseconds; 0 is never. */
  readonly timeoutMs: number;
}

export interface Queued {
  readonly request_id: string;
  readonly target_shell: number;
  readonly pending_count: number;
}

/** How far something is. */
export interface Progress {
  readonly label: string | null;
  readonly percent: number | null;
  readonly eta_ms: number | null;
}

export interface Request {
  readonly number: number;
  readonly fromShell: number;
  readonly targetShell: number;
  readonly kind: string;
  readonly payload: unknown;
  readonly urgency: string;
  readonly createdAt: number;
  readonly state: 'queued' | 'taken' | 'answered' | 'cancelled' | 'expired';
  readonly value: unknown;
  readonly reason: string | null;
}

/** Questions to the users of shells. Stored; every promise resolves when what it tells is committed. */
export interface AskService {
  /** One request per shell; throws `too_many` when one of the queues is full, and none is queued then. */
  ask(from: number, targets: readonly number[], question: Question): Promise<Queued[]>;
  /** What waits for a shell's user: the most urgent first, then the oldest. */
  pending(shell: number): Request[];
  pendingCount(shell: number): number;
  /** Hands out one request, or the first; null when there is none. Unanswered it comes back when its time, or the connection, is over. */
  take(shell: number, number: number | null, connection: Connection | undefined): Promise<Request | null>;
  /** Ends open requests of a shell unanswered, one or all; their askers are told. */
  dismiss(shell: number, number: number | null, reason: string, by: Connection | undefined): Promise<{ dismissed: number; notified: number }>;
  /** Throws `no_originator` when it is not open. `delivered`: the asker heard of it at once. */
  respond(number: number, value: unknown, cancelled: boolean, asker: number | undefined): Promise<{ delivered: boolean }>;
  /** What is new of one of the kind progress; `done` ends it. Throws `no_originator` when it is not open. */
  progress(number: number, said: Partial<Progress>, done: boolean): Promise<Progress & { readonly delivered_to: number }>;
  find(number: number): Request | null;
  /** Resolves when the request is over, or after the time; null when there is none. */
  wait(number: number, timeoutMs: number, signal: () => AbortSignal): Promise<Request | null>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly asks: AskService;
  }
}
