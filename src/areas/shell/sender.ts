import { nanos, type Clock } from '../../kernel/clock';
import { ZdError } from '../../kernel/error';
import type { Answer, Sent, Shell } from './service';

/** Commands that are under way at once, waited for or not. */
const MAX_OPEN = 1000;

interface Open {
  readonly answers: Answer[];
  /** Who has not answered yet. */
  readonly left: Set<number>;
  readonly targets: ReadonlySet<number>;
  /** Somebody waits for the answers. */
  readonly waited: boolean;
  /** Called when nobody is left. */
  done(): void;
}

/** Commands that shells were sent, until all of them answered or the time is over. In memory: who waits is an open request. */
export class Sender {
  private readonly open = new Map<string, Open>();
  private readonly stops = new Set<() => void>();

  constructor(private readonly clock: Clock) {}

  /** `bring` delivers to one shell and says whether it could. The place is taken before anything is delivered, so no answer comes too early. */
  async send(
    shells: readonly Shell[],
    wait: boolean,
    timeoutMs: number,
    signal: () => AbortSignal,
    bring: (shell: Shell, deliveryId: string) => boolean,
  ): Promise<Sent> {
    if (this.open.size >= MAX_OPEN) throw new ZdError('too_many', `${MAX_OPEN} commands are under way.`, { extra: { limit: MAX_OPEN } });
    const accepting = shells.filter(({ acceptSend }) => acceptSend);
    const refused = shells.filter(({ acceptSend }) => !acceptSend).map(({ id }) => id);
    if (accepting.length === 0 && refused.length > 0) throw new ZdError('not_accepting', undefined, { extra: { refused } });
    const deliveryId = newDeliveryId();
    const all = Promise.withResolvers<void>();
    const left = new Set<number>();
    const targets = new Set<number>();
    const entry: Open = { answers: [], left, targets, waited: wait, done: () => all.resolve() };
    this.open.set(deliveryId, entry);
    for (const shell of accepting) {
      if (!bring(shell, deliveryId)) continue;
      left.add(shell.id);
      targets.add(shell.id);
    }
    const delivered = [...targets];
    const missed = accepting.map(({ id }) => id).filter((id) => !targets.has(id));
    const result = (timedOut: boolean): Sent => ({ deliveryId, delivered, missed, refused, answers: [...entry.answers], timedOut });
    if (delivered.length === 0) {
      this.open.delete(deliveryId);
      return result(false);
    }
    const over = this.expiry(timeoutMs);
    if (!wait) {
      // Kept so that its answers are known to come from those it was sent to.
      void Promise.race([all.promise, over.promise]).finally(() => this.close(deliveryId, over));
      return result(false);
    }
    const caller = signal();
    const gone = () => over.end();
    caller.addEventListener('abort', gone, { once: true });
    try {
      await Promise.race([all.promise, over.promise]);
      return result(left.size > 0);
    } finally {
      caller.removeEventListener('abort', gone);
      this.close(deliveryId, over);
    }
  }

  /** False: it is not known, is over, or nobody waits. */
  answer(deliveryId: string, shell: number, said: Omit<Answer, 'shell_id' | 'ts_ns'>): boolean {
    const entry = this.open.get(deliveryId);
    if (!entry) return false;
    if (!entry.targets.has(shell)) throw new ZdError('not_target');
    if (!entry.left.delete(shell)) return false;
    entry.answers.push({ shell_id: shell, ...said, ts_ns: nanos(this.clock.now()) });
    if (entry.left.size === 0) entry.done();
    return entry.waited;
  }

  /** A shell that is gone answers nothing any more. */
  forget(shell: number): void {
    for (const entry of this.open.values()) if (entry.left.delete(shell) && entry.left.size === 0) entry.done();
  }

  /** Everybody who waits gets what there is. */
  stop(): void {
    for (const end of [...this.stops]) end();
  }

  private expiry(ms: number): { promise: Promise<void>; end: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const end = () => {
      clearTimeout(timer);
      this.stops.delete(end);
      resolve();
    };
    const timer = setTimeout(end, ms).unref();
    this.stops.add(end);
    return { promise, end };
  }

  private close(deliveryId: string, over: { end: () => void }): void {
    this.open.delete(deliveryId);
    over.end();
  }
}

/** 128 random bits: whoever was not told it cannot answer. */
const newDeliveryId = (): string => `send-${Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('hex')}`;
