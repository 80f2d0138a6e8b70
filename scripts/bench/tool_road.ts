import { httpRequest } from './requests';
import type { Server } from './servers';

/** One way to the same read of a stored value, with one call in flight. */
export interface Road extends Disposable {
  /** Resolves when the reply is there whole. */
  once(): Promise<void>;
}

export const STORED = { ns: 'tools', key: 'k' };
const VALUE = '"green"';

const CALL = { name: 'cache_get', arguments: STORED };
export const REVISION = '2026-07-28';
const CURRENT = {
  ...CALL,
  _meta: {
    'io.modelcontextprotocol/protocolVersion': REVISION,
    'io.modelcontextprotocol/clientCapabilities': {},
    'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  },
};
const message = (params: object): string => JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
/** The handshake of the older revisions, and the first call behind it. */
export const HELLO = JSON.stringify({
  jsonrpc: '2.0',
  id: 0,
  method: 'initialize',
  params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'bench', version: '1' } },
});
export const READY = '{"jsonrpc":"2.0","method":"notifications/initialized"}';

const mcpRequest = (params: object, headers = ''): string => {
  const body = message(params);
  return `POST /mcp HTTP/1.1\r\nhost: localhost\r\naccept: application/json, text/event-stream\r\n${headers}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

export const opOverHttp = (zd: Server): Promise<Road> => overHttp(zd, httpRequest('cache_get', STORED, null));
export const toolOverHttp = (zd: Server): Promise<Road> => overHttp(zd, mcpRequest(CALL));
export const currentToolOverHttp = (zd: Server): Promise<Road> =>
  overHttp(zd, mcpRequest(CURRENT, `mcp-protocol-version: ${REVISION}\r\nmcp-method: tools/call\r\nmcp-name: cache_get\r\n`));

/** Raw requests on one connection. A reply is whole when its length or its last chunk says so. */
async function overHttp(zd: Server, request: string): Promise<Road> {
  let got = '';
  let reply = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    unix: zd.unix.unix,
    socket: {
      data(_, chunk) {
        got += chunk.toString('latin1');
        const head = got.indexOf('\r\n\r\n');
        if (head === -1) return;
        const length = /content-length: (\d+)/i.exec(got)?.[1];
        if (length === undefined ? !got.endsWith('0\r\n\r\n') : got.length < head + 4 + Number(length)) return;
        if (got.startsWith('HTTP/1.1 200') && got.includes('green')) reply.resolve();
        else reply.reject(new Error(`zd answered ${got.slice(0, 400)}`));
      },
    },
  });
  const bytes = Buffer.from(request);
  return {
    once: () => {
      got = '';
      reply = Promise.withResolvers();
      socket.write(bytes);
      return reply.promise;
    },
    [Symbol.dispose]: () => void socket.end(),
  };
}

export const opOverSocket = (zd: Server): Promise<Road> => overWebSocket(zd, '/ws', [], JSON.stringify({ id: 1, op: 'cache_get', args: STORED }));
export const toolOverSocket = (zd: Server): Promise<Road> => overWebSocket(zd, '/mcp', [HELLO, READY], message(CALL));

async function overWebSocket(zd: Server, path: string, first: readonly string[], request: string): Promise<Road> {
  const socket = new WebSocket(`ws+unix://${zd.unix.unix}:${path}`);
  let reply = Promise.withResolvers<void>();
  socket.onopen = () => reply.resolve();
  socket.onmessage = ({ data }) => (first.length > 0 || answered(data as string) ? reply.resolve() : reply.reject(new Error(`zd answered ${data}`)));
  await reply.promise;
  const road: Road = {
    once: () => {
      reply = Promise.withResolvers();
      socket.send(request);
      return reply.promise;
    },
    [Symbol.dispose]: () => socket.close(),
  };
  if (first.length > 0) {
    reply = Promise.withResolvers();
    for (const each of first) socket.send(each);
    await reply.promise;
  }
  return road;
}

/** `zd mcp` behind its handshake. */
export async function toolOverStdio(command: readonly string[], env: Record<string, string>): Promise<Road> {
  const child = Bun.spawn([...command], { env, stdin: 'pipe', stdout: 'pipe', stderr: 'inherit' });
  const reader = child.stdout.getReader();
  const utf8 = new TextDecoder();
  const line = async (): Promise<string> => {
    let got = '';
    while (!got.endsWith('\n')) {
      const { value, done } = await reader.read();
      if (done) throw new Error('zd mcp ended');
      got += utf8.decode(value, { stream: true });
    }
    return got;
  };
  const write = (text: string) => {
    child.stdin.write(`${text}\n`);
    child.stdin.flush();
  };
  write(HELLO);
  await line();
  write(READY);
  const call = message(CALL);
  return {
    once: async () => {
      write(call);
      const got = await line();
      if (!answered(got)) throw new Error(`zd answered ${got}`);
    },
    [Symbol.dispose]: () => child.kill(),
  };
}

const answered = (text: string): boolean => text.includes(VALUE) && !text.includes('"isError":true');
