import type { McpHttpHandler } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller';
import { CODES } from '../../kernel/codes';
import { failureBody, ZdError } from '../../kernel/error';
import { renew, type AccessRules } from '../access';
import { checkHead, parseBody, readBody } from '../body';
import type { Visit as Visitor } from '../streams';
import { queryOf, type Query } from '../url';
import { exchange } from './exchange';
import { agrees, plainCall } from './plain_call';
import { ToolServer, type ServerDeps, type Visit } from './server';
import { McpSocket } from './socket';
import type { Choice } from './tools';

export interface McpDeps extends ServerDeps {
  readonly limits: () => { readonly bodyBytes: number; readonly maxDepth: number };
  /** Areas or ops whose writing tools every client is offered. */
  readonly allow: () => readonly string[];
}

/** JSON-RPC 2.0 §5.1. */
const PARSE_ERROR = -32700;

/**
 * `/mcp`: every op as a tool of the Model Context Protocol, in the current revision (2026-07-28) as in the older ones with a handshake. By
 * Streamable HTTP each request is served on its own and nothing is kept between two; over a WebSocket one connection is one server.
 */
export class Mcp {
  private readonly server: ToolServer;
  private handler: Promise<McpHttpHandler> | undefined;

  constructor(private readonly deps: McpDeps) {
    this.server = new ToolServer(deps);
  }

  /** Throws for a query that cannot be understood; everything else is answered in the protocol's own terms. */
  async fetch(request: Request, { caller, id, server }: Visitor): Promise<Response> {
    // A tool may wait as long as its op does.
    server.timeout(request, 0);
    const visit: Visit = { caller: () => caller!, choice: this.choice(request) };
    const authInfo = () => ({ token: '', clientId: caller!.label ?? caller!.via, scopes: [...caller!.scopes], extra: { visit } });
    if (request.method !== 'POST') return (await this.sdk()).fetch(request, { authInfo: authInfo() });
    try {
      const { bodyBytes, maxDepth } = this.deps.limits();
      checkHead(request.headers, bodyBytes, true);
      const parsedBody = parseBody(await readBody(request, bodyBytes), request.headers, maxDepth);
      if (parsedBody === undefined) throw new ZdError('bad_json', 'There is no body.');
      const call = plainCall(parsedBody);
      if (call && agrees(request.headers, call))
        return await exchange(
          this.server.answer(call, visit, () => request.signal),
          call.era,
        );
      return await (await this.sdk()).fetch(request, { authInfo: authInfo(), parsedBody });
    } catch (error) {
      if (!(error instanceof ZdError)) throw error;
      const body = { jsonrpc: '2.0', id: null, error: { code: PARSE_ERROR, message: error.message, data: failureBody(error, id) } };
      return Response.json(body, { status: CODES[error.code].status });
    }
  }

  /** Throws for a query that cannot be understood. */
  socket(request: Request, caller: Caller, { rules }: { readonly rules: () => AccessRules }): McpSocket {
    const visit: Visit = { caller: () => renew(caller, rules()) ?? { ...caller, scopes: [] }, choice: this.choice(request) };
    return new McpSocket(caller, this.deps.limits, this.server, visit);
  }

  private choice(request: Request): Choice {
    if (!request.url.includes('?')) return { allow: this.deps.allow(), only: [] };
    const query = queryOf(request.url);
    for (const name of query.keys())
      if (name !== 'allow' && name !== 'only') throw new ZdError('bad_args', `/${name}: the address takes allow and only`, { path: `/${name}` });
    return { allow: [...this.deps.allow(), ...listOf(query, 'allow')], only: listOf(query, 'only') };
  }

  private sdk(): Promise<McpHttpHandler> {
    return (this.handler ??= this.load());
  }

  private async load(): Promise<McpHttpHandler> {
    const { createMcpHandler } = await import('@modelcontextprotocol/server');
    return createMcpHandler(({ authInfo }) => this.server.make(authInfo!.extra!.visit as Visit));
  }
}

/** A parameter that may be repeated, and may hold several names with commas. */
const listOf = (query: Query, name: string): string[] => (query.get(name) ?? []).flatMap((text) => text.split(',')).filter(Boolean);
