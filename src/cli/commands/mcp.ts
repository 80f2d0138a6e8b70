import { McpProxy } from '../../client/mcp';
import { command } from '../command';
import { lines } from '../lines';

export const mcp = command({
  name: 'mcp',
  summary: 'Serve the Model Context Protocol on standard input and output, for an agent that starts it',
  args: {
    allow: {
      type: 'string',
      many: true,
      valueHint: 'AREA',
      description: 'Offer the writing tools of this area, or this operation, too; "*" for all',
    },
    only: { type: 'string', many: true, valueHint: 'AREA', description: 'Offer the tools of this area, or this operation, alone' },
  },
  run: async ({ allow = [], only = [] }, { client }) => {
    const query = new URLSearchParams();
    for (const name of allow as string[]) query.append('allow', name);
    for (const name of only as string[]) query.append('only', name);
    const proxy = new McpProxy(client(), query.size > 0 ? `/mcp?${query}` : '/mcp', (line) => process.stdout.write(`${line}\n`));
    for await (const line of lines(Bun.stdin.stream())) await proxy.take(line);
    await proxy.close();
  },
});
