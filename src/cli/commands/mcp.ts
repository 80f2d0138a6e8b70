import { McpProxy } from '../../client/mcp';
import { command } from '../command';
import { lines } from '../lines';
import { PipeClosed, writeAll } from '../write';

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
    const proxy = new McpProxy(client(), query.size > 0 ? `/mcp?${query}` : '/mcp', say);
    for await (const line of lines(Bun.stdin.stream())) await proxy.take(line);
    await proxy.close();
  },
});

/** At once: a stream would keep the answer for a turn of the event loop. A client that is gone has closed our input too, which ends us. */
function say(line: string): void {
  try {
    writeAll(1, `${line}\n`);
  } catch (error) {
    if (!(error instanceof PipeClosed)) throw error;
  }
}
