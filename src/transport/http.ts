import type { Server } from 'bun';
import { Elysia } from 'elysia';
import { grants, type Caller } from '../kernel/caller';
import { CODES } from '../kernel/codes';
import { ZdError } from '../kernel/error';
import { requestId } from '../kernel/ids';
import { ANONYMOUS, type Route } from '../kernel/route';
import { authenticate, speaking, UNIX_CALLER, type AccessRules } from './access';
import { checkHead, emptyInput, parseBody, readBody } from './body';
import { Connections } from './connections';
import { allowOrigin, corsHeaders, isOpen, screen, searchOf } from './gate';
import { OpCall } from './op_call';
import { PlainBody, PlainRequest } from './incoming';
import { healthBody } from './health';
import type { HttpDeps } from './http_deps';
import { PROBE_PATH, probed } from './probe';
import { inputFromQuery } from './query';
import { failure, json, success } from './reply';
import { pathInput, Places, type Place } from './routes';
import { sessionAsked, WsPeer } from './session/peer';
import { Rooms } from './session/room';
import { Streams } from './streams';
import { pathOf, type Query } from './url';
import { asksForUpgrade, credentialsOfSocket, Sockets } from './ws';

export type Via = 'unix' | 'tcp';

interface Arrival {
  readonly via: Via;
  readonly server: Server<unknown>;
  readonly caller: Caller | null;
  readonly id: string;
  readonly query: Query;
}

/** One application for both listeners. Bytes come in here, pass the gate and go to dispatch; there is no other road. */
export class Http {
  private readonly app: Elysia;
  private readonly places: Places;
  private readonly arrivals = new WeakMap<Request, Arrival>();
  private readonly connections: Connections;
  private readonly streams: Streams;
  private readonly sockets: Sockets;
  private readonly rooms: Rooms;
  private inFlight = 0;

  constructor(private readonly deps: HttpDeps) {
    this.connections = new Connections(deps.counters);
    this.streams = new Streams(deps.dispatcher, this.connections, deps.limits);
    this.sockets = new Sockets({ ...deps, connections: this.connections });
    this.places = new Places(deps.dispatcher.registry);
    this.rooms = new Rooms(deps.dispatcher.services.sessions.input);
    this.app = this.routes();
  }

  /** Undefined when the connection has become a WebSocket. */
  readonly fetch = (request: Request, server: Server<unknown>, via: Via): Response | Promise<Response | undefined> => {
    const path = pathOf(request.url);
    return path.startsWith('/op/') ? this.op(request, server, via, path) : path === PROBE_PATH ? probed() : this.page(request, server, via, path);
  };

  /** From now on no stream is opened; open requests are answered. */
  drain(): void {
    this.streams.drain();
    this.sockets.drain();
  }

  /** The rules have changed: connections that may no longer be are ended. */
  review(): void {
    this.connections.review(this.deps.rules());
  }

  /**
   * `POST /op/NAME`, and `GET /op/NAME?FIELD=…` for an op that only reads, do not pass the router: nearly every request zd gets is one,
   * and routing would cost it two fifths of its throughput. For the same reason what is asked by GET is answered without a promise where
   * its op is, and a body costs one await.
   */
  private op(request: Request, server: Server<unknown>, via: Via, path: string): Response | Promise<Response> {
    const { deps } = this;
    const name = path.slice(4);
    const op = deps.dispatcher.registry.ops.get(name);
    const call = new OpCall(name, path, op, request, via, server, this.enter());
    try {
      this.admit(request, via, call.rules);
      if (request.method === 'OPTIONS' && corsHeaders(request.headers, call.rules)) return this.leaveOp(call, new Response(null, { status: 204 }));
      const { asked } = call;
      if (request.method !== 'POST' && !asked) throw notAllowed(request, op?.effect === 'read' ? 'GET, POST' : 'POST');
      const known = via === 'unix' ? UNIX_CALLER : authenticate(request.headers.get('authorization'), call.rules);
      call.caller = speaking(known, request.headers, deps.speaker);
      if (!asked) return this.posted(call);
      call.input = inputFromQuery(op!.input, searchOf(request.url, via));
      const result = this.run(call);
      return result instanceof Promise ? this.later(call, result) : this.leaveOp(call, success(result, true));
    } catch (error) {
      return this.refuseOp(call, error);
    }
  }

  private async posted(call: OpCall): Promise<Response> {
    const { known: op, request } = call;
    try {
      // Refused before the body is read (401 → 403 → 404 → body); dispatch says why, and counts it.
      if (op && grants(call.caller.scopes, op.scope)) {
        const limits = this.deps.limits();
        const bytes = op.maxBody ?? limits.bodyBytes;
        checkHead(request.headers, bytes, call.via === 'tcp');
        const input = parseBody(await readBody(request, bytes), request.headers, limits.maxDepth, op.uniqueKeys);
        call.input = input instanceof Promise ? await input : input;
        if (call.input === undefined) call.input = emptyInput(op);
      }
      const result = this.run(call);
      return this.leaveOp(call, success(result instanceof Promise ? await result : result, false));
    } catch (error) {
      return this.refuseOp(call, error);
    }
  }

  private async later(call: OpCall, result: Promise<Record<string, unknown>>): Promise<Response> {
    try {
      return this.leaveOp(call, success(await result, true));
    } catch (error) {
      return this.refuseOp(call, error);
    }
  }

  private run(call: OpCall): Record<string, unknown> | Promise<Record<string, unknown>> {
    if (call.known?.waits) call.server.timeout(call.request, 0);
    return this.deps.dispatcher.run(call);
  }

  private refuseOp(call: OpCall, error: unknown): Response {
    return this.leaveOp(call, this.refuse(error, call.requestId, call.path, call.via));
  }

  private leaveOp(call: OpCall, response: Response): Response {
    this.allowOrigin(call.request, response, call.via, call.rules);
    return this.leave(call.known ? call.path : '/op/unknown', response);
  }

  private async page(request: Request, server: Server<unknown>, via: Via, path: string): Promise<Response | undefined> {
    const id = requestId();
    const place = this.places.find(path, request.method);
    const rules = this.enter();
    let response: Response | undefined;
    try {
      this.admit(request, via, rules);
      if (request.method === 'OPTIONS' && corsHeaders(request.headers, rules)) response = new Response(null, { status: 204 });
      else {
        const query = searchOf(request.url, via);
        const caller = via === 'unix' ? UNIX_CALLER : isOpen(path, rules) ? null : callerOf(request, place, rules);
        if (!place) throw new ZdError('not_found', `There is nothing at ${path.slice(0, 100)}.`);
        if (!place.methods.includes(request.method)) throw notAllowed(request, place.methods.filter((method) => method !== 'HEAD').join(', '));
        const arrival = { via, server, caller, id, query };
        response = await (place.route ? this.plain(place.route, request, arrival) : this.answer(request, path, arrival));
      }
      if (response) this.allowOrigin(request, response, via, rules);
    } catch (error) {
      response = this.refuse(error, id, path, via);
    }
    return this.leave(place?.label ?? 'other', response);
  }

  private answer(request: Request, path: string, arrival: Arrival): Response | undefined | Promise<Response> {
    if (path === '/ws')
      return this.sockets.open(request, arrival, (caller) => {
        const deps = { ...this.deps, rooms: this.rooms };
        return new WsPeer(caller, sessionAsked(request, arrival.query, caller, deps), deps);
      });
    if (path === '/mcp') {
      if (!asksForUpgrade(request)) return this.deps.mcp.fetch(request, arrival);
      return this.sockets.open(request, arrival, (caller) => this.deps.mcp.socket(request, caller, this.deps));
    }
    this.arrivals.set(request, arrival);
    return this.app.fetch(request);
  }

  private enter(): AccessRules {
    this.inFlight++;
    this.deps.counters.enter();
    return this.deps.rules();
  }

  private leave<R extends Response | undefined>(label: string, response: R): R {
    this.inFlight--;
    this.deps.counters.leave();
    // The metrics page counted itself before it was rendered.
    const status = response?.status ?? 101;
    if (label !== '/metrics' || status !== 200) this.deps.counters.http(label, status);
    return response;
  }

  private admit(request: Request, via: Via, rules: AccessRules): void {
    if (via === 'tcp') screen(request.headers, rules);
    const { connections } = this.deps.limits();
    if (this.inFlight + this.connections.open > connections)
      throw new ZdError('too_many', `zd is busy with ${connections} requests.`, { extra: { limit: connections } });
  }

  private allowOrigin(request: Request, response: Response, via: Via, rules: AccessRules): void {
    if (via === 'tcp' && rules.origins.length > 0) allowOrigin(response, request.headers, rules);
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
    for (const each of deps.dispatcher.registry.streams.values()) {
      const open = ({ request }: { request: Request }) => this.streams.open(each, request, this.arrivals.get(request)!);
      app.get(each.path, open).head(each.path, open);
    }
    return app.use(deps.pages) as unknown as Elysia;
  }

  /** Not through the router: it answers `HEAD` by reading the whole body of `GET` to learn its length. */
  private plain(route: Route, request: Request, { caller, id, server, query }: Arrival): Promise<Response> {
    // A long upload or download is not an idle connection.
    server.timeout(request, 0);
    for (const [name, value] of Object.entries(pathInput(route, pathOf(request.url)))) query.set(name, [value]);
    const input = inputFromQuery(route.input, query);
    return this.deps.dispatcher.route(route, input, new PlainRequest(request, caller!, id), new PlainBody(request));
  }

  private refuse(error: unknown, id: string, path: string, via: Via): Response {
    const known = error instanceof ZdError ? error : new ZdError('internal', undefined, { cause: error });
    if (known.code === 'internal') this.deps.log.error('request failed', { request_id: id, path, via, error: known.cause ?? known });
    else if (CODES[known.code].exit === 5) this.deps.log.warn('refused', { request_id: id, path, via, code: known.code });
    return failure(known, id);
  }
}

function callerOf(request: Request, place: Place | undefined, rules: AccessRules): Caller {
  const credentials = request.headers.get('authorization') ?? (place?.label === '/ws' ? credentialsOfSocket(request) : null);
  return credentials === null && !rules.open && place?.route?.auth === 'self' ? ANONYMOUS : authenticate(credentials, rules);
}

const notAllowed = (request: Request, allow: string): ZdError =>
  new ZdError('method_not_allowed', `${request.method} is not possible here.`, { extra: { allow } });
