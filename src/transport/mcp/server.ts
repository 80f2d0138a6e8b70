import type { CallToolResult, Server } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller';
import type { Dispatcher } from '../../kernel/dispatch';
import { failureBody, ZdError } from '../../kernel/error';
import { requestId } from '../../kernel/ids';
import type { ToolGate, ToolOutcome, ToolWatcher } from '../../kernel/tool';
import type { PlainCall } from './plain_call';
import { Tools, type Choice } from './tools';

export interface ServerDeps {
  readonly dispatcher: Dispatcher;
  readonly version: string;
  readonly watch?: ToolWatcher;
  readonly gate?: ToolGate;
}

/** Who calls, and what was chosen for it. */
export interface Visit {
  /** Asked at each call: over a lasting connection its token may have been narrowed meanwhile. */
  caller(): Caller;
  readonly choice: Choice;
}

const INSTRUCTIONS =
  'zd is one daemon that every shell, script, editor and agent of one user shares: cache, artifacts, locks, jobs, schedules, events, file watching and more. ' +
  'Tools that only read are always here; tools that change something are here when the user allowed their area. Times are integer nanoseconds since the Unix epoch.';

/** The ops of the daemon as an MCP server, made for one request or for one connection. */
export class ToolServer {
  private readonly tools: Tools;
  private readonly about: { readonly name: string; readonly version: string };

  constructor(private readonly deps: ServerDeps) {
    this.tools = new Tools(deps.dispatcher.registry);
    this.about = { name: 'zd', version: deps.version };
  }

  /** The SDK is loaded when the first agent comes: most daemons never see one. */
  async make(visit: Visit): Promise<Server> {
    const { Server } = await import('@modelcontextprotocol/server');
    const server = new Server(this.about, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
    server.setRequestHandler('tools/list', () => ({ tools: this.tools.offered(visit.caller(), visit.choice) }));
    server.setRequestHandler('tools/call', ({ params }, { mcpReq }) => this.call(params.name, params.arguments ?? {}, visit, () => mcpReq.signal));
    return server;
  }

  /** The JSON-RPC response to a plain call, as the SDK writes it for its revision. In the same turn where the op answers in it; never throws. */
  answer({ id, tool, args, era }: PlainCall, visit: Visit, signal: () => AbortSignal): object | Promise<object> {
    const respond = (result: CallToolResult): object => {
      if (era === 'older') return { jsonrpc: '2.0', id, result };
      const _meta = { ...result._meta, 'io.modelcontextprotocol/serverInfo': this.about };
      return { jsonrpc: '2.0', id, result: { ...result, resultType: 'complete', _meta } };
    };
    const result = this.call(tool, args, visit, signal);
    return result instanceof Promise ? result.then(respond) : respond(result);
  }

  /** What an op answers or refuses is a result either way: the model shall read why, and what to do. */
  private call(tool: string, args: Record<string, unknown>, visit: Visit, signal: () => AbortSignal): CallToolResult | Promise<CallToolResult> {
    const caller: Caller = { ...visit.caller(), via: 'mcp' };
    const id = requestId();
    const started = performance.now();
    const ended = this.deps.watch?.({ tool, args, caller, requestId: id });
    const told = (outcome: ToolOutcome): CallToolResult => {
      ended?.(outcome, performance.now() - started);
      return resultOf(outcome, id);
    };
    try {
      const result = this.run(visit.choice, new ToolRequest(tool, args, caller, id, signal));
      if (!(result instanceof Promise)) return told({ result });
      return result.then(
        (value) => told({ result: value }),
        (error: unknown) => told({ error: failureOf(error) }),
      );
    } catch (error) {
      return told({ error: failureOf(error) });
    }
  }

  private run(choice: Choice, request: ToolRequest): ReturnType<Dispatcher['run']> {
    const { dispatcher, gate } = this.deps;
    const { op, caller, requestId: id } = request;
    const found = dispatcher.registry.ops.get(op);
    if (found && !this.tools.chosen(found, choice)) {
      const area = this.tools.areaNameOf(found);
      throw new ZdError('tool_not_allowed', `${op} is not among the tools this client was given.`, {
        hint: `The user can allow it: \`zd mcp --allow ${area}\`, /mcp?allow=${area}, or mcp.allow in the configuration.`,
      });
    }
    if (gate) request.admit = (valid) => gate({ tool: op, args: valid, caller, requestId: id }, () => request.signal);
    return dispatcher.run(request);
  }
}

/** A tool call as dispatch takes it. Its signal is made when somebody asks for it: few ops do, and it is dear. */
class ToolRequest {
  admit: ((input: Record<string, unknown>) => void | Promise<void>) | undefined;

  constructor(
    readonly op: string,
    readonly input: unknown,
    readonly caller: Caller,
    readonly requestId: string,
    private readonly asked: () => AbortSignal,
  ) {}

  get signal(): AbortSignal {
    return this.asked();
  }
}

const failureOf = (error: unknown): ZdError => (error instanceof ZdError ? error : new ZdError('internal', undefined, { cause: error }));

function resultOf(outcome: ToolOutcome, id: string): CallToolResult {
  if ('result' in outcome) return { content: [{ type: 'text', text: JSON.stringify(outcome.result) }], structuredContent: outcome.result };
  const body = failureBody(outcome.error, id);
  return { content: [{ type: 'text', text: `${body.code}: ${body.msg}\n${body.hint}` }], isError: true, _meta: { 'zd/failure': { ...body } } };
}
