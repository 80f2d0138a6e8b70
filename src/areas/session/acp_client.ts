import type { ClientConnection } from '@agentclientprotocol/sdk';
import { readFiles } from './acp_files';
import type { AcpLink } from './acp_link';
import type { AcpAgent } from './agent';
import type { DriverHost } from './driver';

/** Our side of the protocol: what the agent may ask for. The library is loaded when the first agent starts. */
export async function connect(link: AcpLink, host: DriverHost, spec: AcpAgent): Promise<ClientConnection> {
  const { client } = await import('@agentclientprotocol/sdk');
  const app = client({ name: 'zd' });
  app.onRequest('session/request_permission', async ({ params, requestId }) => {
    const { toolCall, options } = params;
    const { toolCallId, title, rawInput } = toolCall;
    const raw = link.rawOf(requestId);
    const chosen = await host.ask({
      tool: { tool_id: toolCallId, tool_name: title ?? 'tool', ...(rawInput === undefined ? {} : { input: rawInput }) },
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
  return app.connect(link.stream);
}
