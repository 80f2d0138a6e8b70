import { ZdError } from '../../kernel/error';
import type { ProcessIdentity } from '../../kernel/process';

/** What somebody asks for. Neither shared nor slots: alone. */
export interface Wish {
  /** Together with other shared holders. */
  readonly shared: boolean;
  /** Together with others up to this many, all of them with the same number; null otherwise. */
  readonly slots: number | null;
  readonly owner: string | null;
  /** The lock ends with this process. */
  readonly process: ProcessIdentity | null;
  /** The lock ends when it is not renewed for so long; null only beside a process. */
  readonly ttlMs: number | null;
}

export interface Holder extends Wish {
  readonly token: string;
  /** Greater than that of every grant before it, of any lock. */
  readonly fence: number;
  /** Wall clock; shown, never decided by. */
  readonly acquiredAt: number;
  readonly waitedMs: number;
  /** End of the lease on the monotonic clock; null without one. */
  readonly deadline: number | null;
}

export interface Waiter extends Wish {
  readonly ticket: number;
  readonly token: string;
  /** Monotonic: when it came, and until when it waits. Null: it does not wait at all. */
  readonly since: number;
  readonly deadline: number | null;
  /** Wall clock of its first attempt when it comes back after a restart; Infinity for everybody else. */
  readonly order: number;
}

export interface LockState {
  readonly holders: readonly Holder[];
  readonly queue: readonly Waiter[];
}

export const FREE: LockState = { holders: [], queue: [] };

/** The instant of a decision on both clocks, in milliseconds. */
export interface Instant {
  readonly monotonic: number;
  readonly wall: number;
}

/** How a grant ended. `client_gone`: nobody was there any more to receive it. */
export type End = 'release' | 'lease' | 'process' | 'break' | 'client_gone';

export type Change =
  | { readonly kind: 'granted'; readonly holder: Holder }
  | { readonly kind: 'renewed'; readonly holder: Holder }
  | { readonly kind: 'ended'; readonly holder: Holder; readonly how: End };

/** What a request for the lock came to. Who is not among the answers waits. */
export interface Answer {
  readonly ticket: number;
  readonly result: Holder | 'busy' | 'timeout' | 'gone' | 'slots';
}

/**
 * One decision about one lock: built on its state, told what was asked, then `settle`d. It changes nothing but itself, so it
 * is thrown away when its changes cannot be stored.
 */
export class Decision {
  holders: Holder[];
  queue: Waiter[];
  readonly changes: Change[] = [];
  readonly answers: Answer[] = [];

  constructor(
    state: LockState,
    private readonly now: Instant,
    private readonly nextFence: () => number,
  ) {
    this.holders = [...state.holders];
    this.queue = [...state.queue];
    this.end((holder) => holder.deadline !== null && holder.deadline <= now.monotonic, 'lease');
  }

  /**
   * Joins the end of the queue; the ones that a restart sent away come first, in the order in which they first asked. Who asks again with the
   * token of a grant gets that grant, and with the token of a waiter its place: the reply, or the connection, was lost.
   */
  acquire(waiter: Waiter): void {
    const { slots, token, ticket } = waiter;
    const granted = this.holders.find((holder) => holder.token === token);
    if (granted) {
      this.answers.push({ ticket, result: granted });
      return;
    }
    const place = this.queue.findIndex((other) => other.token === token);
    if (place !== -1) {
      this.answers.push({ ticket: this.queue[place]!.ticket, result: 'gone' });
      this.queue[place] = waiter;
      return;
    }
    if (slots !== null && [...this.holders, ...this.queue].some((other) => other.slots !== null && other.slots !== slots)) {
      this.answers.push({ ticket, result: 'slots' });
      return;
    }
    let at = this.queue.length;
    while (at > 0 && this.queue[at - 1]!.order > waiter.order) at--;
    this.queue.splice(at, 0, waiter);
  }

  leave(ticket: number): void {
    const before = this.queue.length;
    this.queue = this.queue.filter((waiter) => waiter.ticket !== ticket);
    if (this.queue.length < before) this.answers.push({ ticket, result: 'gone' });
  }

  /** The holder with its lease begun anew, or null when the token holds nothing. `process` undefined: as it was. */
  renew(token: string, ttlMs: number | null, process: ProcessIdentity | undefined): Holder | null {
    const at = this.holders.findIndex((holder) => holder.token === token);
    if (at === -1) return null;
    const before = this.holders[at]!;
    const bound = process ?? before.process;
    const holder = this.leased({ ...before, process: bound, ttlMs: ttlMs ?? before.ttlMs });
    this.holders[at] = holder;
    this.changes.push({ kind: 'renewed', holder });
    return holder;
  }

  release(token: string, how: End): Holder | null {
    return this.end((holder) => holder.token === token, how)[0] ?? null;
  }

  /** Ends one grant by its number, or all. */
  break(fence: number | undefined): readonly Holder[] {
    return this.end((holder) => fence === undefined || holder.fence === fence, 'break');
  }

  /** Ends the grants whose process is gone, hands the lock on in the order of the queue, and answers who cannot wait longer. */
  settle(dead: ReadonlySet<number>): LockState {
    if (dead.size > 0) this.end((holder) => dead.has(holder.fence), 'process');
    while (this.queue.length > 0 && fits(this.queue[0]!, this.holders)) this.grant(this.queue.shift()!);
    const { monotonic } = this.now;
    if (this.queue.some(({ deadline }) => deadline === null || deadline <= monotonic)) {
      for (const { ticket, deadline } of this.queue) {
        if (deadline === null) this.answers.push({ ticket, result: 'busy' });
        else if (deadline <= monotonic) this.answers.push({ ticket, result: 'timeout' });
      }
      this.queue = this.queue.filter(({ deadline }) => deadline !== null && deadline > monotonic);
      // Whoever stood behind an exclusive request that gave up may fit now.
      return this.settle(new Set());
    }
    return { holders: this.holders, queue: this.queue };
  }

  private grant(waiter: Waiter): void {
    const { shared, slots, owner, process, ttlMs, token } = waiter;
    const { monotonic, wall } = this.now;
    const holder = this.leased({
      ...{ shared, slots, owner, process, ttlMs, token },
      fence: this.nextFence(),
      acquiredAt: wall,
      waitedMs: Math.max(0, Math.floor(monotonic - waiter.since)),
      deadline: null,
    });
    this.holders.push(holder);
    this.changes.push({ kind: 'granted', holder });
    this.answers.push({ ticket: waiter.ticket, result: holder });
  }

  private leased(holder: Holder): Holder {
    return { ...holder, deadline: holder.ttlMs === null ? null : this.now.monotonic + holder.ttlMs };
  }

  private end(ends: (holder: Holder) => boolean, how: End): readonly Holder[] {
    const ended = this.holders.filter(ends);
    if (ended.length === 0) return ended;
    this.holders = this.holders.filter((holder) => !ended.includes(holder));
    for (const holder of ended) this.changes.push({ kind: 'ended', holder, how });
    return ended;
  }
}

/** Whether a wish can be granted beside these holders. */
export function fits(wish: Wish, holders: readonly Wish[]): boolean {
  if (holders.length === 0) return true;
  if (wish.shared) return holders.every((holder) => holder.shared);
  return wish.slots !== null && holders.length < wish.slots && holders.every((holder) => holder.slots === wish.slots);
}

/** When something about a lock is due by itself, on the monotonic clock. */
export function earliestOf({ holders, queue }: LockState): number {
  let earliest = Infinity;
  for (const { deadline } of [...holders, ...queue]) if (deadline !== null && deadline < earliest) earliest = deadline;
  return earliest;
}

/** How long a lease is at least kept after a start, so that its holder finds the daemon again and renews. */
export const RESTART_GRACE_MS = 30_000;

/**
 * What is left of a lease that an earlier run of the daemon stored. Leases run on the monotonic clock, which no jump of the wall clock
 * and no sleep of the machine moves; only here the wall clock is asked, and whatever it says the answer lies between the grace
 * (or the whole lease, if that is shorter) and the whole lease.
 */
export const leftAfterRestart = (ttlMs: number, expiresAt: number, wall: number): number =>
  Math.min(ttlMs, Math.max(expiresAt - wall, RESTART_GRACE_MS));

/** Names are stored as UTF-8, where a lone surrogate would make two names one. */
export function checkName(name: string): void {
  if (!name.isWellFormed()) throw new ZdError('bad_args', '/name: not well-formed Unicode', { path: '/name' });
}
