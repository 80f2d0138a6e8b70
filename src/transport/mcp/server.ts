import type { CallToolResult, Server } from '@modelcontextprotocol/server';
import type { Caller } from '../../kernel/caller';
import type { Dispatcher } from '../../kernel/dispatch';
import { failureBody, ZdError } from '../../kernel/error';
import { requestId } from '../../kernel/ids';
import type { ToolGate, ToolOutcome, ToolWatcher } from '../../kernel/tool';
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

  constructor(private readonly deps: ServerDeps) {
    this.tools = new Tools(deps.dispatcher.registry);
  }

  /** The SDK is loaded when the first agent comes: most daemons never see one. */
  async make(visit: Visit): Promise<Server> {
    const { Server } = await import('@modelcontextprotocol/server');
    const server = new Server({ name: 'zd', version: this.deps.version }, { capabilities: { tools: {} }, instructions: INSTRUCTIONS });
    server.setRequestHandler('tools/list', () => ({ tools: this.tools.offered(visit.caller(), visit.choice) }));
    server.setRequestHandler('tools/call', ({ params }, { mcpReq }) => this.call(params.name, params.arguments ?? {}, visit, mcpReq.signal));
    return server;
  }

  /** What an op answers or refuses is a result either way: the model shall read why, and what to do. */
  private async call(tool: string, args: Record<string, unknown>, visit: Visit, signal: AbortSignal): Promise<CallToolResult> {
    const caller: Caller = { ...visit.caller(), via: 'mcp' };
    const id = requestId();
    const started = performance.now();
    const ended = this.deps.watch?.({ tool, args, caller, requestId: id });
    const outcome = await this.run(tool, args, visit.choice, { caller, requestId: id, signal });
    ended?.(outcome, performance.now() - started);
    if ('result' in outcome) return { content: [{ type: 'text', text: JSON.stringify(outcome.result) }], structuredContent: outcome.result };
    const body = failureBody(outcome.error, id);
    return { content: [{ type: 'text', text: `${body.code}: ${body.msg}\n${body.hint}` }], isError: true, _meta: { 'zd/failure': { ...body } } };
  }

  private async run(
    op: string,
    input: Record<string, unknown>,
    choice: Choice,
    call: { readonly caller: Caller; readonly requestId: string; readonly signal: AbortSignal },
  ): Promise<ToolOutcome> {
    const { dispatcher, gate } = this.deps;
    const { caller, requestId, signal } = call;
    try {
      const found = dispatcher.registry.ops.get(op);
      if (found && !this.tools.chosen(found, choice)) {
        const area = this.tools.areaNameOf(found);
        throw new ZdError('tool_not_allowed', `${op} is not among the tools this client was given.`, {
          hint: `The user can allow it: \`zd mcp --allow ${area}\`, /mcp?allow=${area}, or mcp.allow in the configuration.`,
        });
      }
      const admit = gate && ((args: Record<string, unknown>) => gate({ tool: op, args, caller, requestId }, signal));
      return { result: await dispatcher.run({ op, input, ...call, admit }) };
    } catch (error) {
      if (error instanceof ZdError) return { error };
      throw error;
    }
  }
}
