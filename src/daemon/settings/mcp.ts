import { setting } from '../setting';

declare module '../setting' {
  interface Values {
    readonly 'mcp.allow': readonly string[];
  }
}

/** What agents may do through the Model Context Protocol. */
export const mcpSettings = [
  setting('mcp.allow', [], {
    type: 'names',
    runtimeSettable: false,
    doc: 'Areas or operations whose writing tools every MCP client is offered, "*" for all; tools that only read always are.',
  }),
];
