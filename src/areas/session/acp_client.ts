import type { ClientApp, ClientConnection } from '@agentclientprotocol/sdk';
import { readFiles } from './acp_files';
import type { AcpLink } from './acp_link';
import type { AcpTerminals } from './acp_terminals';
import type { AcpUpdates } from './acp_update';
import type { AcpAgent } from './agent';
import type { DriverHost } from './driver';

/** Our side of the protocol: what the agent may ask for. The library is loaded when the first agent starts. */
export async function connect(
  link: AcpLink,
  host: DriverHost,
  spec: AcpAgent,
  toolOf: AcpUpdates['find'],
  terminals: AcpTerminals,
): Promise<ClientConnection> {
  const { client } = await import('@agentclientprotocol/sdk');
  const app = client({ name: 'zd' });
  app.onRequest('session/request_permission', async ({ params, requestId }) => {
    const { toolCall, options } = params;
    const { toolCallId, title, kind, rawInput } = toolCall;
    const known = toolOf(toolCallId);
    const input = rawInput ?? known?.input;
    const raw = link.rawOf(requestId);
    const chosen = await host.ask({
      tool: { tool_id: toolCallId, tool_name: title ?? known?.name ?? 'tool', ...(input === undefined ? {} : { input }) },
      names: [kind, known?.kind, title, known?.name].filter((name) => typeof name === 'string'),
      options: options.map(({ optionId, name, kind }) => ({ option_id: optionId, name, kind })),
      ...(raw === undefined ? {} : { raw }),
    });
    return { outcome: chosen === null ? { outcome: 'cancelled' as const } : { outcome: 'selected' as const, optionId: chosen } };
  });
  const files = readFiles(host);
  if (spec.fs !== 'none') app.onRequest('fs/read_text_file', async ({ params }) => ({ content: await files.read(params) }));
  if (spec.fs === 'write')
    app.onRequest('fs/write_text_file', async ({ params }) => {
      await files.write(params);
      return {};
    });
  if (spec.terminal) serveTerminals(app, terminals);
  return app.connect(link.stream);
}

function serveTerminals(app: ClientApp, terminals: AcpTerminals): void {
  app.onRequest('terminal/create', ({ params }) => terminals.create(params));
  app.onRequest('terminal/output', async ({ params }) => terminals.output(params.terminalId));
  app.onRequest('terminal/wait_for_exit', ({ params, signal }) => terminals.exited(params.terminalId, signal));
  app.onRequest('terminal/kill', async ({ params }) => {
    await terminals.kill(params.terminalId);
    return {};
  });
  app.onRequest('terminal/release', async ({ params }) => {
    await terminals.release(params.terminalId);
    return {};
  });
}
