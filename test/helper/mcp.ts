import { Client, StreamableHTTPClientTransport, type VersionNegotiationMode } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { cleanEnv, ZD, type TestDaemon } from './daemon';

export type Era = 'current' | 'older';

const MODES: Readonly<Record<Era, VersionNegotiationMode>> = { current: { pin: '2026-07-28' }, older: 'legacy' };

const client = (era: Era): Client => new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: MODES[era] } });

/** The official client over `zd mcp FLAGS`. */
export async function overStdio(daemon: TestDaemon, era: Era, flags: readonly string[] = []): Promise<Client> {
  const [command, ...args] = [...ZD, 'mcp', ...flags];
  const one = client(era);
  await one.connect(new StdioClientTransport({ command: command!, args, env: cleanEnv(daemon.home), cwd: daemon.home, stderr: 'inherit' }));
  return one;
}

/** The official client over HTTP, on the TCP listener. */
export async function overHttp(daemon: TestDaemon, era: Era, query = '', token: string | null = daemon.token): Promise<Client> {
  const one = client(era);
  const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  await one.connect(new StreamableHTTPClientTransport(new URL(`${daemon.url}/mcp${query}`), { requestInit: { headers } }));
  return one;
}
