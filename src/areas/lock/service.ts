import type { Holder, LockState } from './model';

export interface AcquireRequest {
  readonly name: string;
  readonly shared: boolean;
  readonly slots: number | null;
  readonly owner: string | null;
  /** Milliseconds until `timeout`; 0 does not wait at all. */
  readonly timeoutMs: number;
  readonly ttlMs: number | null;
  readonly pid: number | null;
  /** The caller's own, so that it can ask again when the reply was lost; null for a new one. */
  readonly token: string | null;
  /** Wall clock of the first attempt, for one that a restart sent away; null otherwise. */
  readonly since: number | null;
}

/** How a grant that somebody still has the token of ended before it was released. */
export type Loss = 'expired' | 'process_ended' | 'broken';

/** Named locks. Every promise resolves when what it tells is committed; what they throw is a `ZdError`. */
export interface LockService {
  /**
   * Throws `busy` or `timeout`; `conflict` beside another number of slots; `too_many` over the limit; `no_such_process`. When `signal()`
   * aborts while it waits the request leaves the queue, and a grant that crossed the abort is given back.
   */
  acquire(request: AcquireRequest, signal: () => AbortSignal): Promise<Holder>;
  /** Throws `wrong_token` when somebody else holds it, `not_held` when the grant has ended, `no_such_process`. */
  renew(name: string, token: string, ttlMs: number | null, pid: number | null): Promise<Holder>;
  /** `released` false: nobody holds it. Throws `wrong_token` when somebody else does. */
  release(name: string, token: string): Promise<{ readonly released: boolean; readonly lost: Loss | null }>;
  /** Ends one grant, or all of this name. */
  break(name: string, fence: number | undefined): Promise<readonly Holder[]>;
  /** By name, bytewise. */
  all(): readonly { readonly name: string; readonly state: LockState }[];
  find(name: string): LockState;
  /** Milliseconds since the Unix epoch as the wall clock has it now; null without a lease. */
  expiresAt(holder: Holder): number | null;
  isAlive(holder: Holder): boolean;
  /** Grants in force. */
  held(): number;
}

declare module '../../kernel/context' {
  interface Services {
    readonly locks: LockService;
  }
}
