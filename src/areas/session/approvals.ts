import { optionFor } from '../../kernel/approval';
import { nanos } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { SessionDeps } from './deps';
import type { PermissionRequest } from './driver';
import { privateFact } from './observe';
import type { Draft, SessionRef } from './row';
import type { Approval } from './service';

interface Waiting {
  readonly resolve: (optionId: string | null) => void;
  readonly timer: Timer;
}

/** How a question ended. */
interface Outcome {
  readonly outcome: 'answered' | 'cancelled' | 'expired';
  readonly optionId: string | null;
  readonly by: string | null;
  readonly note: string | null;
}

/** What nobody answered is a refusal. */
export const UNANSWERED = {
  cancelled: { outcome: 'cancelled', optionId: null, by: null, note: null },
  expired: { outcome: 'expired', optionId: null, by: null, note: null },
} as const satisfies Record<string, Outcome>;

/** Longest a timer can wait (a signed 32-bit number of milliseconds). */
const TIMER_MS = 0x7fff_ffff;

/** What the agent of one session asked. It goes on only when somebody answered; everything else is a refusal. */
export class Approvals {
  private readonly waiting = new Map<string, Waiting>();

  constructor(
    private readonly deps: SessionDeps,
    private readonly ref: SessionRef,
    private readonly changed: () => void,
  ) {}

  get pending(): number {
    return this.waiting.size;
  }

  /** The chosen option; null when it was cancelled or ran out. What the agent said before must be in the store already. */
  async ask(turn: number, request: PermissionRequest, signal: AbortSignal): Promise<string | null> {
    const { db, desk, limits } = this.deps;
    const ruling = desk.judge(request.names, request.tool.input);
    const ruled = ruling && optionFor(ruling.allow, request.options);
    const after = limits().approvalMs;
    const id = await db.write(() => {
      const stored = this.store(turn, request, after, !ruled);
      if (ruling && ruled)
        settleOne(this.deps, this.ref, stored, { outcome: 'answered', optionId: ruled.option_id, by: ruling.by, note: ruling.note });
      return stored;
    }, 'full');
    if (ruled) return ruled.option_id;
    // What is denied and cannot be answered with a no is not answered with a yes either.
    if (ruling && !ruling.allow) {
      await this.settle([id], UNANSWERED.cancelled);
      return null;
    }
    const { promise, resolve } = Promise.withResolvers<string | null>();
    const expire = () =>
      this.settle([id], UNANSWERED.expired).catch((error: unknown) => {
        // On a full disk it stays as it was, and the next start expires it; the agent is not kept waiting, and is not allowed.
        this.deps.log.warn('session: an approval could not expire', { session: this.ref.session_id, error });
        this.waiting.delete(id);
        resolve(null);
      });
    const timer = setTimeout(() => void expire(), Math.min(after, TIMER_MS));
    this.waiting.set(id, { resolve, timer });
    this.changed();
    if (signal.aborted) await this.settle([id], UNANSWERED.cancelled);
    return promise;
  }

  /** Only inside a write: the question, in its session and in the list of all. */
  private store(turn: number, { tool, options, raw }: PermissionRequest, after: number, waits: boolean): string {
    const { table, approvals, journal, events, clock, desk } = this.deps;
    const { key, session_id } = this.ref;
    const askedAt = clock.now();
    const expiresAt = askedAt + after;
    const approval_id = `${session_id}.a${table.nextApproval(key)}`;
    approvals.insert(key, { approval_id, turn, tool, options, askedAt, expiresAt });
    const data = { approval_id, ...tool, options, expires_at_ns: nanos(expiresAt) };
    journal.append(this.ref, [{ type: 'approval', turn, data, ...(raw ? { raw } : {}) }]);
    events.append(privateFact(session_id, 'approval_required', { approval_id, tool_name: tool.tool_name }));
    const { agent } = table.at(key)!;
    desk.asked({ approvalId: approval_id, session: session_id, agent, tool: tool.tool_name, input: tool.input, askedAt, expiresAt, waits });
    return approval_id;
  }

  /** Throws `no_such_approval`, `conflict`, `bad_args`. */
  async answer(approvalId: string, optionId: string, by: string, note: string | null): Promise<Approval> {
    const approval = this.deps.approvals.get(approvalId);
    if (approval?.session !== this.ref.session_id)
      throw new ZdError('no_such_approval', `The session has no approval "${approvalId.slice(0, 100)}".`);
    if (approval.state !== 'pending') throw over(approval);
    if (!approval.options.some((option) => option.option_id === optionId))
      throw new ZdError('bad_args', `/option_id: it is one of ${approval.options.map((option) => option.option_id).join(', ')}`, {
        path: '/option_id',
      });
    if ((await this.settle([approvalId], { outcome: 'answered', optionId, by, note })) === 0)
      throw over(this.deps.approvals.get(approvalId) ?? approval);
    return this.deps.approvals.get(approvalId)!;
  }

  /** Nobody needs to answer any more. */
  cancelAll(): Promise<number> {
    return this.settle([...this.waiting.keys()], UNANSWERED.cancelled);
  }

  /** Stores the outcome, then tells the agent; how many were still pending. */
  private async settle(ids: readonly string[], outcome: Outcome): Promise<number> {
    if (ids.length === 0) return 0;
    const { db } = this.deps;
    const settled = await db.write(() => ids.filter((id) => settleOne(this.deps, this.ref, id, outcome)), 'full');
    for (const id of settled) {
      const waiting = this.waiting.get(id);
      this.waiting.delete(id);
      clearTimeout(waiting?.timer);
      waiting?.resolve(outcome.optionId);
    }
    this.changed();
    return settled.length;
  }
}

const over = ({ approval_id, state }: Approval): ZdError =>
  new ZdError('conflict', `The approval "${approval_id}" is ${state} already.`, { extra: { state } });

/** Only inside a write: false when it was not pending any more. */
export function settleOne(
  { approvals, journal, events, clock, desk }: Pick<SessionDeps, 'approvals' | 'journal' | 'events' | 'clock' | 'desk'>,
  ref: SessionRef,
  id: string,
  { outcome, optionId, by, note }: Outcome,
): boolean {
  const approval = approvals.get(id);
  if (!approvals.resolve(id, outcome, clock.now(), optionId, by)) return false;
  const draft: Draft = { type: 'approval_resolved', turn: approval!.turn, data: { approval_id: id, outcome, option_id: optionId, by } };
  journal.append(ref, [draft]);
  events.append(privateFact(ref.session_id, 'approval_resolved', { approval_id: id, outcome }));
  const chosen = approval!.options.find((option) => option.option_id === optionId);
  desk.settled(id, outcome === 'answered' ? (chosen?.kind.startsWith('allow') ? 'allowed' : 'denied') : outcome, by, note);
  return true;
}
