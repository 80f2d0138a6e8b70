import type { Caller } from '../kernel/caller';
import type { Request as DispatchRequest } from '../kernel/dispatch';

/** A dispatch request that touches the HTTP request's signal only when the op does. */
export class OpCall implements DispatchRequest {
  constructor(
    readonly op: string,
    readonly input: unknown,
    readonly caller: Caller,
    readonly requestId: string,
    private readonly request: Request,
  ) {}

  get signal(): AbortSignal {
    return this.request.signal;
  }
}
