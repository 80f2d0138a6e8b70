import { ZdError } from '../../kernel/error';
import type { Holder } from './model';

export interface Ticket {
  readonly number: number;
  readonly name: string;
  readonly promise: Promise<Holder>;
  readonly resolve: (holder: Holder) => void;
  readonly reject: (error: unknown) => void;
  /** A function: making the signal of a request is dear, and a grant without a wait does not need it. */
  readonly signal: () => AbortSignal;
  /** Set once it waits: stops listening for the caller's leaving. */
  forget?: () => void;
  /** Its grant is stored, and about to be told. */
  granted?: true;
}

/** The requests for locks that have no answer yet. */
export class Tickets {
  private readonly byNumber = new Map<number, Ticket>();
  private last = 0;

  /** `leave` takes a waiter out of its queue; `giveBack` ends a grant that found nobody. */
  constructor(
    private readonly leave: (name: string, ticket: number) => void,
    private readonly giveBack: (name: string, token: string) => void,
  ) {}

  get open(): number {
    return this.byNumber.size;
  }

  take(name: string, signal: () => AbortSignal): Ticket {
    const ticket: Ticket = { number: ++this.last, name, signal, ...Promise.withResolvers<Holder>() };
    this.byNumber.set(ticket.number, ticket);
    return ticket;
  }

  /** From now on its caller's leaving counts. False when it has its answer already. */
  wait(ticket: Ticket): boolean {
    const { number, name } = ticket;
    if (!this.byNumber.has(number)) return false;
    const signal = ticket.signal();
    const left = () => this.leave(name, number);
    signal.addEventListener('abort', left, { once: true });
    ticket.forget = () => signal.removeEventListener('abort', left);
    if (signal.aborted) left();
    return true;
  }

  grant(number: number, name: string, holder: Holder): void {
    const ticket = this.byNumber.get(number);
    if (!ticket) return this.giveBack(name, holder.token);
    if (!ticket.forget) {
      this.settle(number);
      return ticket.resolve(holder);
    }
    // It may have left while the grant was being stored: one turn of the event loop shows what has arrived until now.
    ticket.granted = true;
    setImmediate(() => {
      const left = ticket.signal().aborted;
      this.settle(number);
      if (!left) return ticket.resolve(holder);
      this.giveBack(name, holder.token);
      ticket.reject(gone());
    });
  }

  refuse(number: number, error: unknown): void {
    this.settle(number)?.reject(error);
  }

  /** Sends away everybody who waits. A grant on its way to one of them is given back; one that did not have to wait still arrives. */
  close(): void {
    for (const { number, forget, granted } of [...this.byNumber.values()]) if (forget && !granted) this.refuse(number, new ZdError('shutting_down'));
  }

  private settle(number: number): Ticket | undefined {
    const ticket = this.byNumber.get(number);
    this.byNumber.delete(number);
    ticket?.forget?.();
    return ticket;
  }
}

/** Nobody reads it: the connection is closed. */
export const gone = (): ZdError => new ZdError('timeout', 'The caller left before the lock was free.');
