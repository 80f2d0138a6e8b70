import { BrokerError, NoAnswer } from './link_error';
import type { BrokerFrame } from './wire/frames_broker';

interface Waiting {
  resolve(frame: never): void;
  reject(error: Error): void;
}

/** Questions to a broker that have no answer yet. Every one ends: with its answer, its time or its link. */
export class Calls {
  private count = 0;
  /** Tells the answers to our calls from acks, whose ids senders choose. */
  private readonly prefix = `${crypto.randomUUID()}-`;
  private readonly waiting = new Map<string, Waiting>();

  next(): string {
    return `${this.prefix}${++this.count}`;
  }

  wait<F>(id: string, timeoutMs: number): Promise<F> {
    const { promise, resolve, reject } = Promise.withResolvers<F>();
    const timer = setTimeout(() => reject(new NoAnswer('no answer in time')), timeoutMs);
    this.waiting.set(id, { resolve: resolve as Waiting['resolve'], reject });
    return promise.finally(() => {
      clearTimeout(timer);
      this.waiting.delete(id);
    });
  }

  /** Whether the frame is the answer to one of them. */
  answered(frame: BrokerFrame): boolean {
    const asked = this.waiting.get(frame._reqId ?? frame.id ?? '');
    if (!asked) return false;
    if (frame.type === 'error') asked.reject(new BrokerError(frame.code, frame.message ?? frame.code));
    else asked.resolve(frame as never);
    return true;
  }

  fail(id: string, reason: string): void {
    this.waiting.get(id)?.reject(new NoAnswer(reason));
  }

  failAll(reason: string): void {
    for (const each of [...this.waiting.values()]) each.reject(new NoAnswer(reason));
  }
}
