import type { AcpAgent } from './agent';

/** How this very program is started by another one, so that it finds the daemon. */
export interface OwnServer {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The MCP servers an agent is told of when its session opens: zd itself, where the configuration says so. */
export function mcpServers({ mcp }: AcpAgent, { argv, env }: OwnServer): object[] {
  if (mcp === null) return [];
  const [command, ...args] = argv;
  const allowed = mcp.flatMap((name) => ['--allow', name]);
  return [{ name: 'zd', command, args: [...args, 'mcp', ...allowed], env: Object.entries(env).map(([name, value]) => ({ name, value })) }];
}
