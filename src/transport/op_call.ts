import type { Server } from 'bun';
import type { Caller } from '../kernel/caller';
import type { Request as DispatchRequest } from '../kernel/dispatch';
import { requestId } from '../kernel/ids';
import type { Op } from '../kernel/op';
import type { AccessRules } from './access';

/**
 * One call of an op over HTTP, from its arrival to its reply. What few calls need, such as the id that stands in a failure and the
 * signal of the HTTP request, is made when it is asked for.
 */
export class OpCall implements DispatchRequest {
  /** Set once the caller is known. */
  caller!: Caller;
  input: unknown = {};
  private id: string | undefined;

  constructor(
    readonly op: string,
    readonly path: string,
    readonly known: Op | undefined,
    readonly request: Request,
    readonly via: 'unix' | 'tcp',
    readonly server: Server<unknown>,
    readonly rules: AccessRules,
  ) {}

  get requestId(): string {
    return (this.id ??= requestId());
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }

  /** Asked by GET or HEAD, as an op that only reads may be. */
  get asked(): boolean {
    return this.known?.effect === 'read' && (this.request.method === 'GET' || this.request.method === 'HEAD');
  }
}
