import type { Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import { identify, isAlive, type ProcessIdentity } from '../../kernel/process';
import { Alarm } from '../../kernel/alarm';
import { Lane, type Surroundings } from './lane';
import { Losses } from './losses';
import { checkName, earliestOf, FREE, fits, leftAfterRestart, type Change, type Decision, type Holder, type Instant, type LockState } from './model';
import { Prober } from './prober';
import { lost, refusal } from './refusals';
import type { AcquireRequest, LockService, Loss } from './service';
import type { LockStore } from './store';
import { Tickets } from './tickets';
import { newToken } from './token';

/** Read anew at each use, so a changed setting holds at once. */
export interface LockLimits {
  /** The lease of a request that names neither a lease nor a process. */
  readonly defaultTtlMs: number;
  /** Grants and waiters, in all. */
  readonly maxEntries: number;
}

/** When storing failed what was due, it is tried again after this time. */
const RETRY_MS = 1000;

/** Every lock of this daemon. Grants are stored, waiters are requests that are still open. */
export class Locks implements LockService, Surroundings {
  private readonly lanes = new Map<string, Lane>();
  private readonly tickets: Tickets;
  private readonly losses = new Losses();
  private readonly prober: Prober;
  private readonly expiry: Alarm;
  private fence: number;
  private grants = 0;
  private stopped = false;
  /** Wall clock. A request that first asked before this was sent away by a restart. */
  private readonly begun: number;

  constructor(
    private readonly store: LockStore,
    private readonly clock: Clock,
    private readonly limits: () => LockLimits,
  ) {
    this.fence = store.lastFence();
    this.begun = clock.now();
    this.expiry = new Alarm(clock, this.expire);
    this.prober = new Prober(clock, this.lanes, (lane) => this.look(lane));
    this.tickets = new Tickets(
      // Not stored means it still stands in line: it will be found gone when its turn comes.
      (name, ticket) => void this.submit(name, (decision) => decision.leave(ticket)).catch(() => {}),
      (name, token) => this.giveBack(name, token),
    );
  }

  /** Takes over what an earlier run granted. Leases go on, and grants whose process is gone end. */
  start(): void {
    const { monotonic, wall } = this.now();
    const found = new Map<string, Holder[]>();
    for (const { name, expiresAt, ...grant } of this.store.load()) {
      const deadline = grant.ttlMs === null ? null : monotonic + leftAfterRestart(grant.ttlMs, expiresAt!, wall);
      const holders = found.get(name);
      if (holders) holders.push({ ...grant, deadline });
      else found.set(name, [{ ...grant, deadline }]);
      this.grants++;
    }
    for (const [name, holders] of found) {
      const lane = new Lane(name, this, { holders, queue: [] });
      this.lanes.set(name, lane);
      for (const { deadline } of holders) if (deadline !== null) this.expiry.by(deadline);
      this.look(lane);
    }
  }

  /** Sends every waiter away, for it to come back; grants stay as they are. */
  stop(): void {
    this.stopped = true;
    this.expiry.stop();
    this.prober.stop();
    this.tickets.close();
  }

  acquire(request: AcquireRequest, signal: () => AbortSignal): Promise<Holder> {
    const { name, shared, slots, owner, timeoutMs, pid, since } = request;
    this.checkCall(name);
    const { maxEntries, defaultTtlMs } = this.limits();
    if (this.grants + this.tickets.open >= maxEntries)
      throw new ZdError('too_many', `There are ${maxEntries} grants and waiters (lock.max_entries).`, { extra: { limit: maxEntries } });
    const process = identityOf(pid);
    const ttlMs = request.ttlMs ?? (process ? null : defaultTtlMs);
    const { monotonic } = this.now();
    const token = request.token ?? newToken();
    const ticket = this.tickets.take(name, signal);
    const deadline = timeoutMs > 0 ? monotonic + timeoutMs : null;
    const order = since !== null && since < this.begun ? since : Infinity;
    this.lane(name).submit({
      ask: (decision) => decision.acquire({ ticket: ticket.number, token, since: monotonic, shared, slots, owner, process, ttlMs, deadline, order }),
      stored: () => {
        if (this.tickets.wait(ticket) && deadline !== null) this.expiry.by(deadline);
      },
      failed: (error) => this.tickets.refuse(ticket.number, error),
    });
    return ticket.promise;
  }

  async renew(name: string, token: string, ttlMs: number | null, pid: number | null): Promise<Holder> {
    this.checkCall(name);
    const process = identityOf(pid) ?? undefined;
    const { renewed, others } = await this.submit(name, (decision) => ({
      renewed: decision.renew(token, ttlMs, process),
      others: decision.holders.length > 0,
    }));
    if (renewed) return renewed;
    const loss = this.losses.of(name, token);
    if (loss === null && others) throw new ZdError('wrong_token', `The lock ${JSON.stringify(name)} is held with another token.`);
    throw new ZdError('not_held', lost(name, loss));
  }

  async release(name: string, token: string): Promise<{ released: boolean; lost: Loss | null }> {
    this.checkCall(name);
    const { released, others } = await this.submit(name, (decision) => ({
      released: decision.release(token, 'release') !== null,
      others: decision.holders.length > 0,
    }));
    const loss = released ? null : this.losses.of(name, token);
    if (!released && others)
      throw new ZdError('wrong_token', `The lock ${JSON.stringify(name)} is held with another token.`, { extra: { lost: loss } });
    return { released, lost: loss };
  }

  async break(name: string, fence: number | undefined): Promise<readonly Holder[]> {
    this.checkCall(name);
    return this.submit(name, (decision) => decision.break(fence));
  }

  all(): { name: string; state: LockState }[] {
    const held = [...this.lanes.values()].filter(({ state }) => state.holders.length > 0);
    return held.map(({ name, state }) => ({ name, state })).toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  }

  find(name: string): LockState {
    checkName(name);
    return this.lanes.get(name)?.state ?? FREE;
  }

  expiresAt({ deadline }: Holder): number | null {
    return deadline === null ? null : Math.max(0, Math.round(this.clock.now() + deadline - this.clock.monotonic()));
  }

  isAlive({ process, deadline }: Holder): boolean {
    return (process === null || isAlive(process)) && (deadline === null || deadline > this.clock.monotonic());
  }

  held(): number {
    return this.grants;
  }

  now(): Instant {
    return { monotonic: this.clock.monotonic(), wall: this.clock.now() };
  }

  nextFence(): number {
    return ++this.fence;
  }

  dead(lane: Lane, { holders, queue }: Decision): ReadonlySet<number> {
    return this.prober.dead(lane, holders, queue.length > 0 && !fits(queue[0]!, holders));
  }

  save(name: string, changes: readonly Change[], wall: number): Promise<void> {
    return this.store.save(name, changes, wall);
  }

  decided(lane: Lane, { changes, answers }: Decision): void {
    for (const change of changes) {
      if (change.kind === 'ended') {
        this.grants--;
        this.losses.note(lane.name, change);
        continue;
      }
      if (change.kind === 'granted') this.grants++;
      if (change.holder.deadline !== null) this.expiry.by(change.holder.deadline);
    }
    if (!this.stopped) this.prober.watch(lane);
    for (const { ticket, result } of answers) {
      if (typeof result === 'string') this.tickets.refuse(ticket, refusal(result, lane));
      else this.tickets.grant(ticket, lane.name, result);
    }
  }

  idle(lane: Lane): void {
    if (this.lanes.get(lane.name) === lane) this.lanes.delete(lane.name);
  }

  private lane(name: string): Lane {
    let lane = this.lanes.get(name);
    if (!lane) this.lanes.set(name, (lane = new Lane(name, this)));
    return lane;
  }

  private submit<T>(name: string, ask: (decision: Decision) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let value: T;
      const keep = (decision: Decision) => void (value = ask(decision));
      this.lane(name).submit({ ask: keep, stored: () => resolve(value), failed: reject });
    });
  }

  /** Ends a grant that reached nobody; what cannot be stored now is tried again, or ends with its lease or process after a restart. */
  private giveBack(name: string, token: string): void {
    this.submit(name, (decision) => decision.release(token, 'client_gone')).catch(() => {
      if (!this.stopped) setTimeout(() => this.giveBack(name, token), RETRY_MS).unref();
    });
  }

  /** Lets a lock find out what has run out or whose process is gone. */
  private look(lane: Lane): void {
    lane.submit({
      ask: () => {},
      stored: () => this.expiry.by(earliestOf(lane.state)),
      failed: () => {
        this.expiry.by(this.clock.monotonic() + RETRY_MS);
        this.prober.watch(lane);
      },
    });
  }

  private readonly expire = (): void => {
    const now = this.clock.monotonic();
    for (const lane of [...this.lanes.values()]) {
      const earliest = earliestOf(lane.state);
      if (earliest <= now) this.look(lane);
      else this.expiry.by(earliest);
    }
  };

  private checkCall(name: string): void {
    if (this.stopped) throw new ZdError('shutting_down');
    checkName(name);
  }
}

function identityOf(pid: number | null): ProcessIdentity | null {
  if (pid === null || pid === 0) return null;
  const process = identify(pid);
  if (!process) throw new ZdError('no_such_process', `There is no process ${pid} here.`, { path: '/pid' });
  return process;
}
