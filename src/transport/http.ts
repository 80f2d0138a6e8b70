import type { Server } from 'bun';
import { Elysia, type AnyElysia } from 'elysia';
import { grants, type Caller } from '../kernel/caller';
import { CODES } from '../kernel/codes';
import type { Dispatcher } from '../kernel/dispatch';
import { ZdError } from '../kernel/error';
import { requestId } from '../kernel/ids';
import type { Logger } from '../kernel/log';
import type { Stream } from '../kernel/stream';
import { authenticate, UNIX_CALLER, type AccessRules } from './access';
import { readJson } from './body';
import { corsHeaders, refuseTokenInQuery, screen } from './gate';
import { inputFromQuery } from './query';
import { failure, json, success } from './reply';
import { formatOf, streamResponse } from './sse';

export interface HttpLimits {
  /** Largest body of an op call in bytes, unless the op says otherwise. */
  readonly bodyBytes: number;
  readonly maxDepth: number;
  /** Requests in flight, streams included. */
  readonly connections: number;
  readonly streams: number;
  readonly streamsPerToken: number;
}

/** What the transport counts. The op itself is counted in dispatch. */
export interface HttpCounters {
  http(path: string, status: number): void;
  enter(): void;
  leave(): void;
  streamOpened(): void;
  streamClosed(): void;
  render(): string;
}

export interface HttpDeps {
  readonly dispatcher: Dispatcher;
  readonly rules: () => AccessRules;
  readonly limits: () => HttpLimits;
  readonly counters: HttpCounters;
  readonly log: Logger;
  readonly health: () => Record<string, unknown>;
  /** What a browser gets and the API document, as an Elysia plugin. */
  readonly pages: AnyElysia;
}

export type Via = 'unix' | 'tcp';

interface Arrival {
  readonly via: Via;
  readonly server: Server<unknown>;
  readonly caller: Caller | null;
  readonly id: string;
}

/** One application for both listeners. Bytes come in here, pass the gate and go to dispatch; there is no other road. */
export class Http {
  private readonly app: Elysia;
  private readonly arrivals = new WeakMap<Request, Arrival>();
  private readonly streams = new Map<string, number>();
  private openStreams = 0;
  private inFlight = 0;
  private draining = false;

  constructor(private readonly deps: HttpDeps) {
    this.app = this.routes();
  }

  readonly fetch = async (request: Request, server: Server<unknown>, via: Via): Promise<Response> => {
    const id = requestId();
    const path = pathOf(request.url);
    const { counters } = this.deps;
    let label = path;
    let response: Response;
    this.inFlight++;
    counters.enter();
    try {
      const rules = this.deps.rules();
      if (via === 'tcp') screen(request.headers, rules);
      if (this.inFlight > this.deps.limits().connections) throw new ZdError('too_many', undefined, { extra: { limit: this.deps.limits().connections } });
      if (path.startsWith('/op/')) {
        const name = path.slice(4);
        label = this.deps.dispatcher.registry.ops.has(name) ? path : '/op/unknown';
        response = request.method === 'POST' ? await this.op(request, via, rules, name, id) : this.notAllowed(request, rules, 'POST');
      } else {
        label = this.knows(path) ? path : 'other';
        response = await this.page(request, server, via, rules, path, id);
      }
      if (via === 'tcp' && rules.origins.length > 0) addHeaders(response, corsHeaders(request.headers, rules));
    } catch (error) {
      response = this.refuse(error, id, label, via);
    } finally {
      this.inFlight--;
      counters.leave();
    }
    // The metrics page counted itself before it was rendered.
    if (label !== '/metrics' || response.status !== 200) counters.http(label, response.status);
    return response;
  };

  /** From now on no stream is opened; open requests are answered. */
  drain(): void {
    this.draining = true;
  }

  activeRequests(): number {
    return this.inFlight + this.openStreams;
  }

  /**
   * `POST /op/NAME` does not pass the router: it is every second request zd gets, and routing would cost it
   * two fifths of its throughput.
   */
  private async op(request: Request, via: Via, rules: AccessRules, name: string, id: string): Promise<Response> {
    const caller = via === 'unix' ? UNIX_CALLER : authenticate(request.headers.get('authorization'), rules);
    const op = this.deps.dispatcher.registry.ops.get(name);
    const limits = this.deps.limits();
    // Refused before the body is read (401 → 403 → 404 → body); dispatch says why, and counts it.
    if (!op || !grants(caller.scopes, op.scope)) return success(await this.deps.dispatcher.run(new OpCall(name, {}, caller, id, request)));
    let input = await readJson(request, { bytes: op.maxBody ?? limits.bodyBytes, depth: limits.maxDepth }, via === 'tcp');
    if (input === undefined) {
      if (op.input.required?.length) throw new ZdError('bad_args', `${name} needs a JSON object as its body.`, { path: '' });
      input = {};
    }
    return success(await this.deps.dispatcher.run(new OpCall(name, input, caller, id, request)));
  }

  private async page(request: Request, server: Server<unknown>, via: Via, rules: AccessRules, path: string, id: string): Promise<Response> {
    if (request.method === 'OPTIONS' && corsHeaders(request.headers, rules)) return new Response(null, { status: 204 });
    if (via === 'tcp' && request.url.includes('?')) refuseTokenInQuery(queryOf(request.url));
    const caller = via === 'unix' ? UNIX_CALLER : this.isOpen(path, rules) ? null : authenticate(request.headers.get('authorization'), rules);
    if (!this.knows(path)) throw new ZdError('not_found', `There is nothing at ${path.slice(0, 100)}.`);
    if (request.method !== 'GET' && request.method !== 'HEAD') return this.notAllowed(request, rules, 'GET');
    this.arrivals.set(request, { via, server, caller, id });
    return this.app.fetch(request);
  }

  private isOpen(path: string, rules: AccessRules): boolean {
    return path === '/health' || path === '/ops' || path.startsWith('/openapi') || (path === '/metrics' && rules.metricsOpen);
  }

  private knows(path: string): boolean {
    return path === '/' || FIXED.has(path) || path.startsWith('/openapi/') || this.deps.dispatcher.registry.streams.has(path);
  }

  private notAllowed(request: Request, rules: AccessRules, allow: string): Response {
    if (request.method === 'OPTIONS' && corsHeaders(request.headers, rules)) return new Response(null, { status: 204 });
    throw new ZdError('method_not_allowed', `${request.method} is not possible here.`, { extra: { allow } });
  }

  private routes(): Elysia {
    const { deps } = this;
    const app = new Elysia({ handler: { standardHostname: false } } as object)
      .onError(({ request, error, code }) => {
        const known = code === 'NOT_FOUND' ? new ZdError('not_found') : error;
        return this.refuse(known, this.arrivals.get(request)?.id ?? requestId(), pathOf(request.url), this.arrivals.get(request)?.via ?? 'tcp');
      })
      .get('/', () => new Response(null, { status: 302, headers: { location: '/openapi' } }))
      .get('/health', () => json(deps.health()))
      .get('/ops', () => json({ ok: true, ops: deps.dispatcher.registry.names() }))
      .get('/metrics', () => {
        deps.counters.http('/metrics', 200);
        return new Response(deps.counters.render(), { headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' } });
      });
    for (const stream of deps.dispatcher.registry.streams.values()) app.get(stream.path, ({ request }) => this.stream(stream, request));
    return app.use(deps.pages) as unknown as Elysia;
  }

  private stream(stream: Stream, request: Request): Response {
    const { caller, server, id } = this.arrivals.get(request)!;
    const limits = this.deps.limits();
    // While stopping, a stream's client must see a closed connection: any status but 200 ends an EventSource for good.
    if (this.draining) return new Response(null, { status: 503, headers: { connection: 'close' } });
    const label = caller!.label ?? caller!.via;
    const held = this.streams.get(label) ?? 0;
    if (this.openStreams >= limits.streams) throw new ZdError('too_many', `zd has ${limits.streams} streams open.`, { extra: { limit: limits.streams } });
    if (caller!.label !== null && held >= limits.streamsPerToken) throw new ZdError('too_many', `This token has ${limits.streamsPerToken} streams open.`, { extra: { limit: limits.streamsPerToken } });
    const query = queryOf(request.url);
    const lastEventId = request.headers.get('last-event-id') ?? query.get('last_event_id');
    query.delete('last_event_id');
    const input = inputFromQuery(stream.input, query);
    const frames = this.deps.dispatcher.open(stream, input, { caller: caller!, requestId: id, signal: request.signal, lastEventId });
    server.timeout(request, 0);
    this.streams.set(label, held + 1);
    this.openStreams++;
    this.deps.counters.streamOpened();
    return streamResponse(frames, formatOf(request.headers.get('accept')), request.signal, () => {
      this.openStreams--;
      const left = (this.streams.get(label) ?? 1) - 1;
      if (left > 0) this.streams.set(label, left);
      else this.streams.delete(label);
      this.deps.counters.streamClosed();
    });
  }

  private refuse(error: unknown, id: string, path: string, via: Via): Response {
    const known = error instanceof ZdError ? error : new ZdError('internal', undefined, { cause: error });
    if (known.code === 'internal') this.deps.log.error('request failed', { request_id: id, path, via, error: known.cause ?? known });
    else if (CODES[known.code].exit === 5) this.deps.log.warn('refused', { request_id: id, path, via, code: known.code });
    return failure(known, id);
  }
}

/** A dispatch request that touches the HTTP request's signal only when the op does. */
class OpCall {
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

const FIXED = new Set(['/health', '/ops', '/openapi', '/openapi.json', '/metrics']);

/** The path of a request's URL, which is only a path when the Host was empty, so `new URL` may not be used. */
function pathOf(url: string): string {
  const scheme = url.indexOf('://');
  const from = scheme === -1 ? 0 : url.indexOf('/', scheme + 3);
  if (from === -1) return '/';
  const query = url.indexOf('?', from);
  return query === -1 ? url.slice(from) : url.slice(from, query);
}

function queryOf(url: string): URLSearchParams {
  const at = url.indexOf('?');
  return new URLSearchParams(at === -1 ? '' : url.slice(at + 1));
}

function addHeaders(response: Response, headers: Record<string, string> | null): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.headers.set(name, value);
}
