import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Db } from '../../storage/db';
import { ApprovalTable, type Approval, type Ask } from './approval_table';

export interface ApprovalLimits {
  readonly expireMs: number;
  readonly maxPending: number;
}

/** What a call that asked comes to: `pending` is still without an answer, `expired` got none in time. */
export interface Verdict {
  readonly state: 'allowed' | 'denied' | 'pending' | 'expired';
  readonly approval: Approval;
}

export interface Request {
  readonly ask: Ask;
  /** An allowance is spent by this call. */
  readonly use: boolean;
  /** How long to wait for the answer. */
  readonly waitMs: number;
  readonly signal: AbortSignal;
  /** Adds to the transaction that stores a new one. */
  readonly asked: (approval: Approval) => void;
}

export interface Answer {
  readonly approvalId: number;
  readonly allow: boolean;
  readonly by: string;
  readonly note: string | null;
  /** Answers only what this session asked for. */
  readonly sessionId: string | null;
}

/** Ended ones stay to be looked up, so many at most. */
export const KEPT = 10_000;

/** What agents may do only when the user says so. Asked, answered and spent durably; who waits is known in memory alone. */
export class Approvals {
  readonly table: ApprovalTable;
  private readonly waiting = new Map<number, Set<() => void>>();
  private stopped = false;

  constructor(
    private readonly db: Db,
    private readonly clock: Clock,
    private readonly limits: () => ApprovalLimits,
    /** Told, on the wall clock, when a new one expires. */
    private readonly watch: (expiresAt: number) => void,
  ) {
    this.table = new ApprovalTable(db);
  }

  /**
   * Finds or makes the approval for a call and waits for its answer. The same call asked again meets the same approval until it was spent, was
   * denied and has expired, or expired. Throws `too_many`, and `shutting_down` when the daemon stops meanwhile.
   */
  async request({ ask, use, waitMs, signal, asked }: Request): Promise<Verdict> {
    const end = this.clock.monotonic() + waitMs;
    for (;;) {
      const verdict = await this.db.write(() => this.look(ask, use, asked), 'full');
      this.watch(verdict.approval.expiresAt);
      const left = end - this.clock.monotonic();
      if (verdict.state !== 'pending' || left <= 0 || signal.aborted) return verdict;
      await this.answered(verdict.approval.approvalId, left, signal);
      const approval = this.table.get(verdict.approval.approvalId)!;
      if (approval.state === 'expired') return { state: 'expired', approval };
      // Who has left must not spend an answer that came in the same moment.
      if (signal.aborted) return { state: 'pending', approval };
      if (this.stopped) throw new ZdError('shutting_down', 'zd stops; the approval stays, and the same call finds it again.');
    }
  }

  /** What the agent of a session waits for, when it is that. Throws as `answer` does. */
  permission({ approvalId, sessionId }: Pick<Answer, 'approvalId' | 'sessionId'>): { readonly session: string; readonly approvalId: string } | null {
    const found = this.table.get(approvalId);
    if (found?.kind !== 'permission') return null;
    this.open(found, { approvalId, sessionId }, this.clock.now());
    return { session: found.sessionId!, approvalId: found.sessionApproval! };
  }

  /** Throws `no_such_approval` (also for one of another session) and `conflict` when it was answered or has expired. */
  async answer({ approvalId, allow, by, note, sessionId }: Answer, answered: (approval: Approval) => void): Promise<Approval> {
    const approval = await this.db.write(() => {
      const now = this.clock.now();
      this.open(this.table.get(approvalId), { approvalId, sessionId }, now);
      this.table.answer(approvalId, allow ? 'allowed' : 'denied', now, by, note);
      const after = this.table.get(approvalId)!;
      answered(after);
      return after;
    }, 'full');
    this.wake(approvalId);
    return approval;
  }

  private open(found: Approval | null, { approvalId, sessionId }: Pick<Answer, 'approvalId' | 'sessionId'>, now: number): void {
    if (!found || (sessionId !== null && found.sessionId !== sessionId))
      throw new ZdError('no_such_approval', `There is no approval ${approvalId}${found ? ' of this session' : ''}.`);
    const state = found.state === 'pending' && found.expiresAt <= now ? 'expired' : found.state;
    if (state === 'pending') return;
    throw new ZdError('conflict', state === 'expired' ? 'The approval has expired.' : `The approval was answered already: ${state}.`, {
      hint: 'An approval is answered once; the agent has to ask again.',
      extra: { state },
    });
  }

  /** Ends what nobody answered or used in time, a page at a time; `told` adds to the same transaction. True: there may be more. */
  async expire(told: (approval: Approval) => void): Promise<boolean> {
    if (this.table.due(this.clock.now()).length === 0) return false;
    const ended = await this.db.write(() => {
      const due = this.table.due(this.clock.now());
      for (const { approvalId } of due) {
        this.table.expire(approvalId);
        told(this.table.get(approvalId)!);
      }
      return due;
    }, 'full');
    for (const { approvalId } of ended) this.wake(approvalId);
    return true;
  }

  /** Sends away who waits; what they asked for stays. */
  stop(): void {
    this.stopped = true;
    for (const approvalId of [...this.waiting.keys()]) this.wake(approvalId);
  }

  private look(ask: Ask, use: boolean, asked: (approval: Approval) => void): Verdict {
    const now = this.clock.now();
    const found = this.table.find(ask.fingerprint);
    if (found && found.expiresAt > now) {
      if (found.state === 'allowed' && use) this.table.use(found.approvalId, now);
      return { state: found.state as Verdict['state'], approval: found };
    }
    const { expireMs, maxPending } = this.limits();
    if (this.table.pending() >= maxPending)
      throw new ZdError('too_many', `There are ${maxPending} approvals without an answer (policy.max_pending).`, { extra: { limit: maxPending } });
    if (found && found.state !== 'denied') this.table.expire(found.approvalId);
    const approval = this.table.add(ask, now, now + expireMs, KEPT);
    asked(approval);
    return { state: 'pending', approval };
  }

  /** Resolves when there is an answer, at the latest after `ms`, when the daemon stops or the caller is gone. */
  private async answered(approvalId: number, ms: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.waiting.get(approvalId) ?? new Set();
    this.waiting.set(approvalId, waiters.add(resolve));
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => resolve(), { once: true });
    // The answer may have come between the look and this line.
    if (this.stopped || this.table.get(approvalId)?.state !== 'pending') resolve();
    await promise;
    clearTimeout(timer);
    waiters.delete(resolve);
    if (waiters.size === 0) this.waiting.delete(approvalId);
  }

  private wake(approvalId: number): void {
    for (const resolve of this.waiting.get(approvalId) ?? []) resolve();
  }
}
