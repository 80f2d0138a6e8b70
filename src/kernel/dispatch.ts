import { grants, type Caller, type Scope } from './caller';
import type { Code } from './codes';
import type { Connection } from './connection';
import type { Call, Services } from './context';
import { ZdError, type FailureDetail } from './error';
import { requestId as newRequestId } from './ids';
import type { Op } from './op';
import type { Registry } from './registry';
import type { Route, RouteCall } from './route';
import type { EncodedFrames, Frame, Opening, Stream } from './stream';
import { checker, validateInput } from './validate';

export interface Request {
  readonly op: string;
  readonly input: unknown;
  readonly caller: Caller;
  readonly signal: AbortSignal;
  readonly requestId?: string;
  readonly connection?: Connection;
  /** Hears of the scopes the call turned out to need, which a stream must keep. */
  readonly onScope?: (scope: Scope) => void;
  /** Asked before the op runs, with its valid input. What it throws, or rejects with, is what the call fails with. */
  readonly admit?: (input: Record<string, unknown>) => void | Promise<void>;
}

/** What a route sees of the HTTP request. */
export type Incoming = Pick<RouteCall, 'method' | 'headers' | 'body' | 'bytes'>;

/** Hears of every finished call, for metrics, the audit log and the tests' ledger. `op` is `unknown` for names that do not exist. */
export type Observer = (op: string, code: Code | 'ok', millis: number, caller: Caller) => void;

/** Ops that do not exist still need a scope, so a narrow token cannot probe for names. */
const UNKNOWN_SCOPE: Scope = 'meta.admin';

/** The one way to run an op: scope → validate → run → check → count → map errors. */
export class Dispatcher {
  constructor(
    readonly registry: Registry,
    readonly services: Services,
    private readonly observe: Observer,
  ) {}

  /** Resolves with the reply or throws a `ZdError`; synchronous when the handler is, which the hot reads rely on. */
  run(request: Request): Record<string, unknown> | Promise<Record<string, unknown>> {
    const { clock } = this.services;
    const started = clock.monotonic();
    const op = this.registry.ops.get(request.op);
    const done = (code: Code | 'ok') => this.observe(op?.name ?? 'unknown', code, clock.monotonic() - started, request.caller);
    const failed = (error: unknown): never => {
      const known = this.toZdError(op, error);
      done(known.code);
      throw known;
    };
    try {
      requireScope(request.caller, op?.scope ?? UNKNOWN_SCOPE);
      if (!op) throw new ZdError('unknown_op', `There is no operation "${request.op.slice(0, 100)}".`);
      const input = validateInput(op.input, request.input);
      const call = new RequestCall(request);
      const admitted = request.admit?.(input);
      const result = admitted ? admitted.then(() => op.handle(this.services, input as never, call)) : op.handle(this.services, input as never, call);
      if (!(result instanceof Promise)) return finish(op, result, done);
      const succeeded = (value: unknown): Record<string, unknown> => {
        try {
          return finish(op, value, done);
        } catch (error) {
          return failed(error);
        }
      };
      return result.then(succeeded, failed);
    } catch (error) {
      return failed(error);
    }
  }

  /** Opens a stream under the same rules. What it throws is a `ZdError`; the generator's own faults reach its reader. */
  open(stream: Stream, input: unknown, request: Omit<Request, 'op' | 'input'> & Opening): AsyncGenerator<Frame | EncodedFrames> {
    try {
      requireScope(request.caller, stream.scope);
      const valid = validateInput(stream.input, input);
      const { lastEventId, startsBehind, headers, relay } = request;
      const frames = stream.handle(
        this.services,
        valid as never,
        Object.assign(new RequestCall(request), { lastEventId, startsBehind, headers, relay }),
      );
      this.observe(stream.name, 'ok', 0, request.caller);
      request.onScope?.(stream.scope);
      return frames;
    } catch (error) {
      const known = this.toZdError(undefined, error);
      this.observe(stream.name, known.code, 0, request.caller);
      throw known;
    }
  }

  /** Runs a plain route under the same rules; a route with `auth: 'self'` decides itself who may. Throws a `ZdError`. */
  async route(route: Route, input: unknown, request: Omit<Request, 'op' | 'input'>, incoming: Incoming): Promise<Response> {
    const started = this.services.clock.monotonic();
    const done = (code: Code | 'ok') => this.observe(route.name, code, this.services.clock.monotonic() - started, request.caller);
    try {
      if (route.auth !== 'self') requireScope(request.caller, route.scope);
      const valid = validateInput(route.input, input);
      const response = await route.handle(this.services, valid as never, new IncomingCall(request, incoming));
      done('ok');
      return response;
    } catch (error) {
      const known = this.toZdError(undefined, error);
      done(known.code);
      throw route.failureBody ? new ZdError(known.code, known.message, { ...known.detail, body: route.failureBody(known) }) : known;
    }
  }

  private toZdError(op: Op | undefined, error: unknown): ZdError {
    if (error instanceof ZdError) return error;
    if (DISK_FULL.has((error as NodeJS.ErrnoException | null)?.code ?? '')) return new ZdError('storage_full', undefined, { cause: error });
    this.services.log.error('op failed', { op: op?.name, error });
    return new ZdError('internal', undefined, { cause: error });
  }
}

/** What a file that is written tells of a disk or a quota without room (errno(3)). */
const DISK_FULL = new Set(['ENOSPC', 'EDQUOT']);

/** One call, as its handler sees it. What handlers rarely look at is made when they do: the AbortSignal of a request is the dearest part of a small call. */
class RequestCall implements Call {
  readonly caller: Caller;
  private id: string | undefined;

  constructor(private readonly request: Omit<Request, 'op' | 'input'>) {
    this.caller = request.caller;
  }

  get requestId(): string {
    return (this.id ??= this.request.requestId ?? newRequestId());
  }

  get signal(): AbortSignal {
    return this.request.signal;
  }

  get connection(): Connection | undefined {
    return this.request.connection;
  }

  need(scope: Scope): void {
    requireScope(this.caller, scope);
    this.request.onScope?.(scope);
  }

  fail(code: Code, message?: string, detail?: FailureDetail): ZdError {
    return new ZdError(code, message, detail);
  }
}

/** One call of a route. Its body becomes a stream only when somebody asks for it, which costs more than a small call. */
class IncomingCall extends RequestCall implements RouteCall {
  constructor(
    request: Omit<Request, 'op' | 'input'>,
    private readonly incoming: Incoming,
  ) {
    super(request);
  }

  get method(): string {
    return this.incoming.method;
  }

  get headers(): Headers {
    return this.incoming.headers;
  }

  get body(): ReadableStream<Uint8Array> | null {
    return this.incoming.body;
  }

  bytes(limit: number): Promise<Uint8Array | null> {
    return this.incoming.bytes(limit);
  }
}

function finish(op: Op, value: unknown, done: (code: 'ok') => void): Record<string, unknown> {
  const check = checker(op.output);
  if (!check.Check(value)) {
    // Our fault, never the caller's: it is logged and becomes `internal`.
    const first = check.Errors(value).First();
    throw new Error(`${op.name} answered something else than its schema says: ${first?.path} ${first?.message}`);
  }
  done('ok');
  return value as Record<string, unknown>;
}

export function requireScope(caller: Caller, scope: Scope): void {
  if (grants(caller.scopes, scope)) return;
  throw new ZdError('scope_denied', `This needs the scope ${scope}.`, { extra: { required_scope: scope, granted_scopes: caller.scopes } });
}
