import { COMMON_CODES, type Code } from '../kernel/codes';
import type { Op } from '../kernel/op';
import type { Registry } from '../kernel/registry';
import type { Route } from '../kernel/route';
import type { Stream } from '../kernel/stream';
import { VERBOSE_MEMBERS, VERBOSE_PARAMETER } from './health';
import { jsonSchema, type JsonSchema } from './json_schema';
import { Failures, failureSchema } from './openapi_failures';
import { documentedPath, parametersOf, routeOperation } from './openapi_route';
import { SOCKET } from './openapi_socket';

type Json = Record<string, unknown>;

export interface OpenApiOptions {
  readonly version: string;
  /** Whether callers over TCP need a bearer token: the security scheme and its failures are documented only then. */
  readonly tokenRequired: boolean;
  /** Whether `/metrics` answers without a token although one is required elsewhere. */
  readonly metricsOpen?: boolean;
  /** Server addresses; the address the document came from when absent, so it holds on every listener. */
  readonly servers?: readonly { readonly url: string; readonly description?: string }[];
}

/** What the layers before dispatch may answer on any route. */
const GATE_CODES: readonly Code[] = ['bad_request', 'origin_denied', 'host_denied', 'too_many'];
/** What reading a request body may add. */
const BODY_CODES: readonly Code[] = ['bad_json', 'too_large', 'unsupported_media_type'];

/**
 * The API as an OpenAPI 3.1.0 document, derived from the registry: nothing in it is written by hand that an op
 * declares. Built anew at each call and plain JSON (no symbols, no shared references), so the caller may keep or drop it.
 */
export function buildOpenApi(registry: Registry, options: OpenApiOptions): Json {
  const failures = new Failures(options.tokenRequired);
  const paths: Json = {};
  for (const area of registry.areas) {
    for (const op of area.ops) {
      const post = operation(op, area.name, failures, options);
      paths[`/op/${op.name}`] = op.effect === 'read' ? { get: asked(op, post), post } : { post };
    }
    for (const stream of area.streams ?? []) paths[stream.path] = { get: streaming(stream, area.name, failures, options) };
    for (const route of area.routes ?? []) {
      const at = documentedPath(route);
      paths[at] = { ...(paths[at] as Json), [route.method.toLowerCase()]: plain(route, area.name, failures, options) };
    }
  }
  Object.assign(paths, servicePaths(options, failures));
  return {
    openapi: '3.1.0',
    info: {
      title: 'zd',
      version: options.version,
      summary: 'One small daemon for everything your shells, scripts, editors and agents share.',
      description: intro(options),
      license: { name: 'MIT' },
    },
    servers: options.servers ?? [{ url: '/', description: 'The daemon this document came from.' }],
    tags: [
      ...registry.areas.map((area) => ({ name: area.name, description: area.summary })),
      { name: 'service', description: 'The daemon itself: health, catalogue, metrics and this document.' },
    ],
    paths,
    components: {
      schemas: { Failure: failureSchema() },
      responses: failures.shared(),
      ...(options.tokenRequired ? { securitySchemes: { bearer: bearerScheme } } : {}),
    },
  };
}

function operation(op: Op, area: string, failures: Failures, options: OpenApiOptions): Json {
  const output = jsonSchema(op.output);
  return {
    ...described(op, area, options),
    'x-zd-effect': op.effect,
    ...(op.maxBody === undefined ? {} : { 'x-zd-max-body-bytes': op.maxBody }),
    requestBody: {
      required: (op.input.required ?? []).length > 0,
      content: { 'application/json': { schema: jsonSchema(op.input), example: op.example } },
    },
    responses: {
      200: {
        description: 'The call succeeded.',
        content: {
          'application/json': {
            schema: { ...output, required: ['ok', ...asArray(output.required)], properties: { ok: { const: true }, ...(output.properties as Json) } },
          },
        },
      },
      ...failures.responses([...COMMON_CODES, ...GATE_CODES, ...BODY_CODES, ...op.errors]),
    },
  };
}

function streaming(stream: Stream, area: string, failures: Failures, options: OpenApiOptions): Json {
  const query = parametersOf(stream);
  const named = stream.events.map((event) => `\`${event}\``).join(', ');
  const resume = 'Resume after this frame: the `id` of the last one that was seen.';
  return {
    ...described(stream, area, options),
    'x-zd-events': stream.events,
    parameters: [
      ...query,
      {
        name: 'last_event_id',
        in: 'query',
        required: false,
        description: `${resume} For clients that cannot set the header.`,
        schema: { type: 'string' },
      },
      { name: 'Last-Event-ID', in: 'header', required: false, description: resume, schema: { type: 'string' } },
    ].filter((parameter, at, all) => all.findIndex((other) => other.name === parameter.name) === at),
    responses: {
      200: {
        description: `An endless stream. Events: ${named}. Send \`Accept: application/x-ndjson\` for one JSON object per line instead of server-sent events.`,
        headers: {
          'Last-Event-ID': {
            description:
              'The id behind which the frames begin: the one that was asked for, or another when events behind it are gone (a `gap` frame tells of them).',
            schema: { type: 'string' },
          },
        },
        content: {
          'text/event-stream': {
            schema: { type: 'string', description: 'Frames of `id`, `event` and `data` (one JSON value); comments keep the connection alive.' },
          },
          'application/x-ndjson': {
            schema: { type: 'string', description: 'One `{"id", "event", "data"}` per line; an empty line keeps the connection alive.' },
          },
        },
      },
      ...failures.responses([...COMMON_CODES, ...GATE_CODES, ...stream.errors]),
    },
  };
}

/** The same call by GET: fields as query parameters, for those that are plain values. */
function asked(op: Op, post: Json): Json {
  const { requestBody: _, ...rest } = post;
  return { ...rest, operationId: `${op.name}_by_get`, parameters: parametersOf(op) };
}

function plain(route: Route, area: string, failures: Failures, options: OpenApiOptions): Json {
  const { parameters, requestBody, successes } = routeOperation(route);
  return {
    ...described(route, area, options),
    parameters,
    ...(requestBody ? { requestBody } : {}),
    responses: { ...successes, ...failures.responses([...COMMON_CODES, ...GATE_CODES, ...route.errors]) },
  };
}

/** What ops and streams have in common. `security` names the scope as a role, which OpenAPI 3.1 allows for every scheme. */
function described(item: Op | Stream | Route, area: string, options: OpenApiOptions): Json {
  return {
    operationId: item.name,
    tags: [area],
    summary: item.summary,
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(options.tokenRequired ? { security: [{ bearer: [item.scope] }, ...('auth' in item && item.auth === 'self' ? [{}] : [])] } : {}),
    'x-zd-scope': item.scope,
    ...('cli' in item && item.cli ? { 'x-zd-cli': ['zd', ...item.cli.path].join(' ') } : {}),
  };
}

function servicePaths(options: OpenApiOptions, failures: Failures): Json {
  const text = (description: string) => ({ schema: { type: 'string', description } });
  const document = { 'application/json': { schema: { type: 'object' } } };
  const get = (operationId: string, summary: string, content: Json, open = true, parameters: readonly Json[] = []): Json => ({
    get: {
      operationId,
      tags: ['service'],
      summary,
      ...(parameters.length > 0 ? { parameters } : {}),
      ...(options.tokenRequired ? { security: open ? [] : [{ bearer: [] }] } : {}),
      responses: { 200: { description: summary, content }, ...failures.responses([...GATE_CODES, ...(open ? [] : ['unauthorized' as const])]) },
    },
  });
  const json = (required: Record<string, JsonSchema>, optional: Record<string, JsonSchema> = {}) => ({
    'application/json': { schema: { type: 'object', required: Object.keys(required), properties: { ...required, ...optional } } },
  });
  return {
    '/health': get(
      'health',
      'Whether the daemon answers.',
      json({ ok: { const: true }, version: { type: 'string' }, uptime_ms: { type: 'integer', minimum: 0 } }, VERBOSE_MEMBERS),
      true,
      [VERBOSE_PARAMETER],
    ),
    '/ops': get('ops', 'The names of all operations, sorted.', json({ ok: { const: true }, ops: { type: 'array', items: { type: 'string' } } })),
    '/metrics': get(
      'prometheus',
      'Counters and gauges for Prometheus.',
      { 'text/plain': text('Prometheus text format 0.0.4.') },
      options.metricsOpen ?? true,
    ),
    '/ws': {
      get: {
        operationId: 'socket',
        tags: ['service'],
        summary: 'Operations and their events, or a session with an agent, over one WebSocket.',
        description: SOCKET,
        ...(options.tokenRequired ? { security: [{ bearer: [] }] } : {}),
        responses: {
          101: { description: 'The connection is a WebSocket now.' },
          ...failures.responses([...GATE_CODES, 'no_such_session', ...(options.tokenRequired ? (['unauthorized', 'scope_denied'] as const) : [])]),
        },
      },
    },
    '/openapi': get('openapi_page', 'This document as a page (Swagger UI); as JSON for clients that accept only that.', {
      'text/html': text('Swagger UI.'),
      ...document,
    }),
    '/ui': get('ui_page', 'The page that shows what the daemon does, as it does it.', { 'text/html': text('HTML.') }),
    '/openapi.json': get('openapi', 'This document.', document),
    '/openapi/json': get('openapi_alias', 'This document, under the address other tools look for.', document),
  };
}

const bearerScheme = {
  type: 'http',
  scheme: 'bearer',
  description: 'The token of this daemon or one from `http.tokens` in config.toml. Paste the token alone. Not needed on the unix socket.',
};

const intro = (options: OpenApiOptions): string =>
  [
    'Every operation is `POST /op/NAME` with one JSON object. Success is `{"ok": true, …}`, failure is `{"ok": false, "code", "msg", "hint", "request_id"}`.',
    'Unknown members and wrong types are refused with `bad_args` and the JSON Pointer of the fault. Times are integer nanoseconds since the Unix epoch.',
    options.tokenRequired ? 'Calls over TCP need a bearer token; `x-zd-scope` names the scope it must grant.' : 'No token is needed.',
  ].join('\n\n');

const asArray = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : []);
