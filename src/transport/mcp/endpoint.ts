import type { CallToolResult, McpHttpHandler, McpRequestContext, Server } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller';
import type { Dispatcher } from '../../kernel/dispatch';
import { failureBody, ZdError } from '../../kernel/error';
import type { ToolOutcome, ToolWatcher } from '../../kernel/tool';
import { CODES } from '../../kernel/codes';
import { checkHead, parseBody, readBody } from '../body';
import type { Visit as Visitor } from '../streams';
import { queryOf, type Query } from '../url';
import { Tools, type Choice } from './tools';

export interface McpDeps {
  readonly dispatcher: Dispatcher;
  readonly limits: () => { readonly bodyBytes: number; readonly maxDepth: number };
  readonly version: string;
  /** Areas or ops whose writing tools every client is offered. */
  readonly allow: () => readonly string[];
  readonly watch?: ToolWatcher;
}

interface Visit {
  readonly caller: Caller;
  readonly id: string;
  readonly choice: Choice;
}

/** JSON-RPC 2.0 §5.1. */
const PARSE_ERROR = -32700;

const INSTRUCTIONS =
  'zd is one daemon that every shell, script, editor and agent of one user shares: cache, artifacts, locks, jobs, schedules, events, file watching and more. ' +
  'Tools that only read are always here; tools that change something are here when the user allowed their area. Times are integer nanoseconds since the Unix epoch.';

/**
 * `/mcp`: every op as a tool of the Model Context Protocol, by Streamable HTTP. Each request is served on its own, in the current revision
 * (2026-07-28) as in the older ones with a handshake; nothing is kept between two requests.
 */
export class Mcp {
  private readonly tools: Tools;
  private handler: Promise<McpHttpHandler> | undefined;

  constructor(private readonly deps: McpDeps) {
    this.tools = new Tools(deps.dispatcher.registry);
  }

  /** Throws for a query that cannot be understood; everything else is answered in the protocol's own terms. */
  async fetch(request: Request, { caller: visitor, id, server }: Visitor): Promise<Response> {
    // A tool may wait as long as its op does.
    server.timeout(request, 0);
    const caller = visitor!;
    const query = queryOf(request.url);
    const choice: Choice = { allow: [...this.deps.allow(), ...listOf(query, 'allow')], only: listOf(query, 'only') };
    for (const name of query.keys())
      if (name !== 'allow' && name !== 'only') throw new ZdError('bad_args', `/${name}: the address takes allow and only`, { path: `/${name}` });
    const visit: Visit = { caller: { ...caller, via: 'mcp' }, id, choice };
    // The SDK is loaded when the first agent comes: most daemons never see one.
    const handler = await (this.handler ??= this.load());
    const authInfo = { token: '', clientId: caller.label ?? caller.via, scopes: [...caller.scopes], extra: { visit } };
    if (request.method !== 'POST') return handler.fetch(request, { authInfo });
    try {
      const { bodyBytes, maxDepth } = this.deps.limits();
      checkHead(request.headers, bodyBytes, true);
      const parsedBody = parseBody(await readBody(request, bodyBytes), request.headers, maxDepth);
      if (parsedBody === undefined) throw new ZdError('bad_json', 'There is no body.');
      return await handler.fetch(request, { authInfo, parsedBody });
    } catch (error) {
      if (!(error instanceof ZdError)) throw error;
      const body = { jsonrpc: '2.0', id: null, error: { code: PARSE_ERROR, message: error.message, data: failureBody(error, id) } };
      return Response.json(body, { status: CODES[error.code].status });
    }
  }

  private async load(): Promise<McpHttpHandler> {
    const { createMcpHandler, Server } = await import('@modelcontextprotocol/server');
    return createMcpHandler((context) => this.serve(new Server(...this.identity()), visitOf(context)), { keepAliveMs: 15_000 });
  }

  private identity(): ConstructorParameters<typeof Server> {
    return [
      { name: 'zd', version: this.deps.version },
      { capabilities: { tools: {} }, instructions: INSTRUCTIONS },
    ];
  }

  private serve(server: Server, visit: Visit): Server {
    server.setRequestHandler('tools/list', () => ({ tools: this.tools.offered(visit.caller, visit.choice) }));
    server.setRequestHandler('tools/call', ({ params }, { mcpReq }) => this.call(params.name, params.arguments ?? {}, visit, mcpReq.signal));
    return server;
  }

  /** What an op answers or refuses is a result either way: the model shall read why, and what to do. */
  private async call(name: string, args: Record<string, unknown>, visit: Visit, signal: AbortSignal): Promise<CallToolResult> {
    const { caller, id } = visit;
    const started = performance.now();
    const ended = this.deps.watch?.({ tool: name, args, caller, requestId: id });
    const outcome = await this.run(name, args, visit, signal);
    ended?.(outcome, performance.now() - started);
    if ('result' in outcome) return { content: [{ type: 'text', text: JSON.stringify(outcome.result) }], structuredContent: outcome.result };
    const body = failureBody(outcome.error, id);
    return { content: [{ type: 'text', text: `${body.code}: ${body.msg}\n${body.hint}` }], isError: true, _meta: { 'zd/failure': { ...body } } };
  }

  private async run(op: string, input: Record<string, unknown>, { caller, id, choice }: Visit, signal: AbortSignal): Promise<ToolOutcome> {
    const { dispatcher } = this.deps;
    try {
      const found = dispatcher.registry.ops.get(op);
      if (found && !this.tools.chosen(found, choice)) {
        const area = this.tools.areaNameOf(found);
        throw new ZdError('tool_not_allowed', `${op} is not among the tools this client was given.`, {
          hint: `The user can allow it: \`zd mcp --allow ${area}\`, /mcp?allow=${area}, or mcp.allow in the configuration.`,
        });
      }
      return { result: await dispatcher.run({ op, input, caller, requestId: id, signal }) };
    } catch (error) {
      if (error instanceof ZdError) return { error };
      throw error;
    }
  }
}

const visitOf = (context: McpRequestContext): Visit => context.authInfo!.extra!.visit as Visit;

/** A parameter that may be repeated, and may hold several names with commas. */
const listOf = (query: Query, name: string): string[] => (query.get(name) ?? []).flatMap((text) => text.split(',')).filter(Boolean);
