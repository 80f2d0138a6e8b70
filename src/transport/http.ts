import type { Server } from 'bun';
import { Elysia, type AnyElysia } from 'elysia';
import { grants, type Caller } from '../kernel/caller';
import { CODES } from '../kernel/codes';
import type { Dispatcher } from '../kernel/dispatch';
import { ZdError } from '../kernel/error';
import { requestId } from '../kernel/ids';
import type { Logger } from '../kernel/log';
import { ANONYMOUS, type Route } from '../kernel/route';
import type { Stream } from '../kernel/stream';
import { authenticate, UNIX_CALLER, type AccessRules } from './access';
import { checkHead, emptyInput, parseBody, readBody } from './body';
import { corsHeaders, isOpen, screen, searchOf } from './gate';
import { OpCall } from './op_call';
import { healthBody, type HealthSource } from './health';
import { PROBE_PATH, probed } from './probe';
import { inputFromQuery } from './query';
import { failure, json, success } from './reply';
import { pathInput, Places, routerPath, type Place } from './routes';
import { formatOf, streamResponse } from './sse';
import { StreamSlots } from './stream_slots';
import { pathOf, queryOf } from './url';

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
  readonly health: HealthSource;
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
  private readonly places: Places;
  private readonly arrivals = new WeakMap<Request, Arrival>();
  private readonly streams: StreamSlots;
  private inFlight = 0;
  private draining = false;

  constructor(private readonly deps: HttpDeps) {
    this.streams = new StreamSlots(deps.counters);
    this.places = new Places(deps.dispatcher.registry);
    this.app = this.routes();
  }

  readonly fetch = (request: Request, server: Server<unknown>, via: Via): Promise<Response> => {
    const path = pathOf(request.url);
    return path.startsWith('/op/') ? this.op(request, via, path) : path === PROBE_PATH ? probed() : this.page(request, server, via, path);
  };

  /** From now on no stream is opened; open requests are answered. */
  drain(): void {
    this.draining = true;
  }

  /**
   * `POST /op/NAME`, and `GET /op/NAME?FIELD=…` for an op that only reads, do not pass the router: nearly every request zd gets is one, and routing would cost it two fifths of its
   * throughput. For the same reason this is one function with an await for the body and, where the op needs it, one for the op.
   */
  private async op(request: Request, via: Via, path: string): Promise<Response> {
    const { deps } = this;
    const name = path.slice(4);
    const op = deps.dispatcher.registry.ops.get(name);
    const asked = op?.effect === 'read' && (request.method === 'GET' || request.method === 'HEAD');
    const id = requestId();
    const rules = this.enter();
    let response: Response;
    try {
      this.admit(request, via, rules);
      if (request.method === 'OPTIONS' && corsHeaders(request.headers, rules)) response = new Response(null, { status: 204 });
      else if (request.method !== 'POST' && !asked) throw notAllowed(request, op?.effect === 'read' ? 'GET, POST' : 'POST');
      else {
        const caller = via === 'unix' ? UNIX_CALLER : authenticate(request.headers.get('authorization'), rules);
        let input: unknown = {};
        if (asked) input = inputFromQuery(op.input, searchOf(request.url, via));
        // Refused before the body is read (401 → 403 → 404 → body); dispatch says why, and counts it.
        else if (op && grants(caller.scopes, op.scope)) {
          const limits = deps.limits();
          const bytes = op.maxBody ?? limits.bodyBytes;
          checkHead(request.headers, bytes, via === 'tcp');
          input = parseBody(await readBody(request, bytes), request.headers, limits.maxDepth);
          if (input === undefined) input = emptyInput(op);
        }
        const result = deps.dispatcher.run(new OpCall(name, input, caller, id, request));
        response = success(result instanceof Promise ? await result : result, asked);
      }
      this.allowOrigin(request, response, via, rules);
    } catch (error) {
      response = this.refuse(error, id, path, via);
    }
    return this.leave(op ? path : '/op/unknown', response);
  }

  private async page(request: Request, server: Server<unknown>, via: Via, path: string): Promise<Response> {
    const id = requestId();
    const place = this.places.find(path, request.method);
    const rules = this.enter();
    let response: Response;
    try {
      this.admit(request, via, rules);
      if (request.method === 'OPTIONS' && corsHeaders(request.headers, rules)) response = new Response(null, { status: 204 });
      else {
        searchOf(request.url, via);
        const caller = via === 'unix' ? UNIX_CALLER : isOpen(path, rules) ? null : callerOf(request, place, rules);
        if (!place) throw new ZdError('not_found', `There is nothing at ${path.slice(0, 100)}.`);
        if (!place.methods.includes(request.method)) throw notAllowed(request, place.methods.filter((method) => method !== 'HEAD').join(', '));
        this.arrivals.set(request, { via, server, caller, id });
        response = await this.app.fetch(request);
      }
      this.allowOrigin(request, response, via, rules);
    } catch (error) {
      response = this.refuse(error, id, path, via);
    }
    return this.leave(place?.label ?? 'other', response);
  }

  private enter(): AccessRules {
    this.inFlight++;
    this.deps.counters.enter();
    return this.deps.rules();
  }

  private leave(label: string, response: Response): Response {
    this.inFlight--;
    this.deps.counters.leave();
    // The metrics page counted itself before it was rendered.
    if (label !== '/metrics' || response.status !== 200) this.deps.counters.http(label, response.status);
    return response;
  }

  private admit(request: Request, via: Via, rules: AccessRules): void {
    if (via === 'tcp') screen(request.headers, rules);
    const { connections } = this.deps.limits();
    if (this.inFlight + this.streams.open > connections)
      throw new ZdError('too_many', `zd is busy with ${connections} requests.`, { extra: { limit: connections } });
  }

  private allowOrigin(request: Request, response: Response, via: Via, rules: AccessRules): void {
    if (via === 'tcp' && rules.origins.length > 0) addHeaders(response, corsHeaders(request.headers, rules));
  }

  private routes(): Elysia {
    const { deps } = this;
    const app = new Elysia({ handler: { standardHostname: false } } as object)
      .onError(({ request, error, code }) => {
        const known = code === 'NOT_FOUND' ? new ZdError('not_found') : error;
        return this.refuse(known, this.arrivals.get(request)?.id ?? requestId(), pathOf(request.url), this.arrivals.get(request)?.via ?? 'tcp');
      })
      .get('/', () => new Response(null, { status: 302, headers: { location: '/openapi' } }))
      .get('/health', ({ request }) => json(healthBody(request, this.arrivals.get(request)!.via, deps.rules(), deps.health)))
      .get('/ops', () => json({ ok: true, ops: deps.dispatcher.registry.names() }))
      .get('/metrics', () => {
        deps.counters.http('/metrics', 200);
        return new Response(deps.counters.render(), {
          headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
        });
      });
    for (const stream of deps.dispatcher.registry.streams.values()) app.get(stream.path, ({ request }) => this.stream(stream, request));
    for (const route of deps.dispatcher.registry.routes)
      app.route(route.method, routerPath(route.path), ({ request, params }) => this.plain(route, request, params as Record<string, string>), {
        parse: 'none',
      });
    return app.use(deps.pages) as unknown as Elysia;
  }

  private plain(route: Route, request: Request, params: Record<string, string>): Promise<Response> {
    const { caller, id, server } = this.arrivals.get(request)!;
    // A long upload or download is not an idle connection.
    server.timeout(request, 0);
    const query = queryOf(request.url);
    for (const [name, value] of Object.entries(pathInput(route, params))) query.set(name, [value]);
    const input = inputFromQuery(route.input, query);
    const { method, headers, body, signal } = request;
    return this.deps.dispatcher.route(route, input, { caller: caller!, requestId: id, signal, method, headers, body });
  }

  private stream(stream: Stream, request: Request): Response {
    const { caller, server, id } = this.arrivals.get(request)!;
    // While stopping, a stream's client must see a closed connection: any status but 200 ends an EventSource for good.
    if (this.draining) return new Response(null, { status: 503, headers: { connection: 'close' } });
    const release = this.streams.admit(caller!, this.deps.limits());
    const query = queryOf(request.url);
    const lastEventId = request.headers.get('last-event-id') ?? query.get('last_event_id')?.[0] ?? null;
    query.delete('last_event_id');
    const input = inputFromQuery(stream.input, query);
    try {
      const frames = this.deps.dispatcher.open(stream, input, { caller: caller!, requestId: id, signal: request.signal, lastEventId });
      server.timeout(request, 0);
      return streamResponse(frames, formatOf(request.headers.get('accept')), request.signal, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  private refuse(error: unknown, id: string, path: string, via: Via): Response {
    const known = error instanceof ZdError ? error : new ZdError('internal', undefined, { cause: error });
    if (known.code === 'internal') this.deps.log.error('request failed', { request_id: id, path, via, error: known.cause ?? known });
    else if (CODES[known.code].exit === 5) this.deps.log.warn('refused', { request_id: id, path, via, code: known.code });
    return failure(known, id);
  }
}

function callerOf(request: Request, place: Place | undefined, rules: AccessRules): Caller {
  const credentials = request.headers.get('authorization');
  return credentials === null && place?.route?.auth === 'self' ? ANONYMOUS : authenticate(credentials, rules);
}

const notAllowed = (request: Request, allow: string): ZdError =>
  new ZdError('method_not_allowed', `${request.method} is not possible here.`, { extra: { allow } });

function addHeaders(response: Response, headers: Record<string, string> | null): void {
  for (const [name, value] of Object.entries(headers ?? {})) response.headers.set(name, value);
}
