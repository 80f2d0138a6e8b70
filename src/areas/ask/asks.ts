import type { Clock } from '../../kernel/clock';
import type { Connection } from '../../kernel/connection';
import type { EventService } from '../../kernel/context';
import { ZdError } from '../../kernel/error';
import type { Logger } from '../../kernel/log';
import { periodic } from '../../kernel/periodic';
import type { Db } from '../../storage/db';
import type { ShellService } from '../shell/service';
import type { AskService, Progress, Question, Queued, Request } from './service';
import type { AskStore } from './store';

/** Read anew at each use, so a changed setting holds at once. */
export interface AskLimits {
  /** Questions that wait for one shell. */
  readonly maxPending: number;
  /** How long a taken question is kept for who took it. */
  readonly leaseMs: number;
  /** How long the end of a question can be read. */
  readonly keepMs: number;
}

const LOOK_EVERY_MS = 1000;

type End = { readonly state: 'answered' | 'cancelled' | 'expired'; readonly value?: unknown; readonly reason: string | null };

/** The questions to the users of shells, in the database alone. What is asked goes on to its asker whatever becomes of it. */
export class Asks implements AskService {
  /** Ends what nobody answered in time, for the supervisor. */
  readonly part = periodic('ask_expiry', LOOK_EVERY_MS, () => this.sweep());
  private readonly waiters = new Map<number, Set<() => void>>();
  private stopped = false;

  constructor(
    private readonly db: Db,
    private readonly store: AskStore,
    private readonly shells: ShellService,
    private readonly events: Pick<EventService, 'append'>,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly limits: () => AskLimits,
  ) {
    shells.onGone((id) => void this.orphan(id).catch((error: unknown) => log.debug('the questions of a shell that ended stay a while', { error })));
  }

  stop(): void {
    this.stopped = true;
    for (const number of [...this.waiters.keys()]) this.wake(number);
  }

  async ask(from: number, targets: readonly number[], question: Question): Promise<Queued[]> {
    const { maxPending } = this.limits();
    const queued = await this.db.write(() => {
      const now = this.clock.now();
      return targets.map((target) => {
        const number = this.store.insert(from, target, question, now, maxPending);
        const data = { request_id: idOf(number), target_shell: target, pending_count: this.store.count(target, now) };
        this.tell(from, 'ask:pending', { ...data, kind: question.kind, from_shell: from, urgency: question.urgency });
        return data;
      });
    }, 'full');
    for (const entry of queued) this.announce(from, entry, question);
    return queued;
  }

  private announce(from: number, { request_id, target_shell, pending_count }: Queued, { kind, urgency, timeoutMs }: Question): void {
    const event = { request_id, kind, from_shell: from, target_shell, urgency, pending_count };
    if (this.shells.tell(target_shell, 'ask:pending', event) > 0) return;
    const shell = this.shells.find(target_shell);
    const parcel = { kind: 'ask', delivery_id: request_id, from_shell: from, text: `${kind}: ${pending_count} pending`, urgency } as const;
    if (shell) this.shells.ring(shell, parcel, timeoutMs === 0 ? this.limits().keepMs : timeoutMs);
  }

  pending(shell: number): Request[] {
    return this.store.waiting(shell, this.clock.now());
  }

  pendingCount(shell: number): number {
    return this.store.count(shell, this.clock.now());
  }

  async take(shell: number, number: number | null, connection: Connection | undefined): Promise<Request | null> {
    const { leaseMs } = this.limits();
    const taken = await this.db.write(() => {
      const now = this.clock.now();
      const waiting = this.store.waiting(shell, now, number === null ? 1 : -1);
      const found = number === null ? waiting[0] : waiting.find((each) => each.number === number);
      if (found) this.store.take(found.number, now + leaseMs);
      return found ?? null;
    }, 'full');
    // Who took it and is gone answers nothing: it waits again.
    if (taken && connection) whenEnded(connection, () => void this.giveBack(taken.number));
    return taken;
  }

  private async giveBack(number: number): Promise<void> {
    // Not stored means that its lease has to run out.
    await this.db.write(() => this.store.giveBack(number), 'full').catch((error: unknown) => this.log.debug('a question is not back yet', { error }));
  }

  async dismiss(shell: number, number: number | null, reason: string, by: Connection | undefined): Promise<{ dismissed: number; notified: number }> {
    const ended = await this.endAll(
      () =>
        this.store.openOf(shell).filter((each) => (number === null || each.number === number) && this.store.isOpen(each.number, this.clock.now())),
      { state: 'cancelled', reason },
    );
    let notified = 0;
    for (const request of ended) {
      const { length } = [...this.waitersOf(request.number)];
      const told = this.report(request, { state: 'cancelled', reason }, by);
      if (told > 0 || length > 0) notified++;
      this.shells.tell(shell, 'ask:dismissed', { request_id: idOf(request.number), reason }, by);
    }
    return { dismissed: ended.length, notified };
  }

  async respond(number: number, value: unknown, cancelled: boolean, asker: number | undefined): Promise<{ delivered: boolean }> {
    const end: End = cancelled ? { state: 'cancelled', value, reason: 'answered' } : { state: 'answered', value, reason: null };
    const [request] = await this.endAll(() => {
      const found = this.store.find(number);
      if (!found || !this.store.isOpen(number, this.clock.now()) || (asker !== undefined && found.fromShell !== asker))
        throw new ZdError('no_originator', `No open question ${idOf(number)}${asker === undefined ? '' : ` of shell ${asker}`}.`, {
          path: '/request_id',
        });
      return [found];
    }, end);
    const waiting = this.waitersOf(number).size > 0;
    return { delivered: this.report(request!, end) > 0 || waiting };
  }

  async progress(number: number, said: Partial<Progress>, done: boolean): Promise<Progress & { readonly delivered_to: number }> {
    const request_id = idOf(number);
    const { request, now } = await this.db.write(() => {
      const found = this.store.find(number);
      const at = this.clock.now();
      if (!found || !this.store.isOpen(number, at)) throw new ZdError('no_originator', `No open question ${request_id}.`, { path: '/request_id' });
      const payload = typeof found.payload === 'object' ? found.payload : { message: found.payload };
      const before = payload as Partial<Progress> | null;
      const pick = <K extends keyof Progress>(key: K): Progress[K] | null => (said[key] === undefined ? (before?.[key] ?? null) : said[key]);
      const state = { label: pick('label'), percent: pick('percent'), eta_ms: pick('eta_ms') };
      if (done) this.store.end(number, 'answered', null, 'done', at);
      else this.store.setPayload(number, { ...before, ...state });
      this.tell(found.fromShell, 'ask:progress', { request_id, target_shell: found.targetShell, ...state, done });
      return { request: found, now: state };
    }, 'full');
    const delivered_to = this.shells.tell(request.targetShell, 'ask:progress', { request_id, ...now, done });
    if (done) {
      this.wake(number);
      this.shells.tell(request.targetShell, 'ask:dismissed', { request_id, reason: 'done' });
    }
    return { ...now, delivered_to };
  }

  find(number: number): Request | null {
    return this.store.find(number);
  }

  async wait(number: number, timeoutMs: number, signal: () => AbortSignal): Promise<Request | null> {
    const now = this.find(number);
    if (!now || now.state === 'answered' || now.state === 'cancelled' || now.state === 'expired' || timeoutMs === 0 || this.stopped) return now;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiters = this.waitersOf(number);
    this.waiters.set(number, waiters.add(resolve));
    const timer = setTimeout(resolve, timeoutMs).unref();
    const caller = signal();
    caller.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    clearTimeout(timer);
    waiters.delete(resolve);
    if (waiters.size === 0) this.waiters.delete(number);
    return this.find(number);
  }

  /** Ends what `which` finds inside the write, and stores the events of it. */
  private endAll(which: () => Request[], { state, value, reason }: End): Promise<Request[]> {
    return this.db.write(() => {
      const found = which();
      for (const { number, fromShell } of found) {
        this.store.end(number, state, value, reason, this.clock.now());
        const about = { request_id: idOf(number), reason };
        // Not what was answered: it may be a secret, and is the asker's alone.
        if (state === 'expired') this.tell(fromShell, 'ask:timeout', about);
        else this.tell(fromShell, 'ask:response', { ...about, cancelled: state === 'cancelled' });
      }
      return found;
    }, 'full');
  }

  /** Tells the asker how it ended; how many of its connections took it. */
  private report({ number, fromShell }: Request, { state, value = null, reason }: End, except?: Connection): number {
    this.wake(number);
    if (fromShell === 0) return 0;
    const request_id = idOf(number);
    if (state === 'expired') return this.shells.tell(fromShell, 'ask:timeout', { request_id, reason });
    const cancelled = state === 'cancelled';
    return this.shells.tell(fromShell, 'ask:response', { request_id, value, cancelled, ...(reason === null ? {} : { reason }) }, except);
  }

  private tell(from: number, topic: string, data: object): void {
    const scope = from === 0 ? 'http' : `shell:${from}`;
    this.events.append({ kind: 'ask', scope, topic, source: scope, data });
  }

  private readonly waitersOf = (number: number): Set<() => void> => this.waiters.get(number) ?? new Set();

  private wake(number: number): void {
    for (const resolve of this.waitersOf(number)) resolve();
  }

  /** The queue goes with its shell. */
  private async orphan(shell: number): Promise<void> {
    if (this.store.openOf(shell).length === 0) return;
    const end = { state: 'cancelled', reason: 'shell_gone' } as const;
    for (const request of await this.endAll(() => this.store.openOf(shell), end)) this.report(request, end);
  }

  private async sweep(): Promise<void> {
    if (this.stopped) return;
    const now = this.clock.now();
    const end = { state: 'expired', reason: 'timeout' } as const;
    if (this.store.overdue(now).length > 0) for (const request of await this.endAll(() => this.store.overdue(now), end)) this.report(request, end);
    // Shells may have gone while no daemon ran.
    for (const shell of this.store.targets()) if (!this.shells.find(shell)) await this.orphan(shell);
    const before = now - this.limits().keepMs;
    if ((this.store.oldestEnd() ?? Infinity) < before) await this.db.write(() => this.store.forget(before), 'normal');
  }
}

export const idOf = (number: number): string => `ask-${number}`;

function whenEnded({ signal }: Connection, then: () => void): void {
  if (signal.aborted) then();
  else signal.addEventListener('abort', then, { once: true });
}
