import type { Server } from 'bun';
import { chmodSync, existsSync, unlinkSync } from 'node:fs';
import type { Http } from './http';
import { socketHandler } from './ws';

/** Above every per-op limit: our own check answers with a code where Bun's would cut the connection. */
export const MAX_REQUEST_BYTES = 2 ** 40;

/**
 * Listens on the socket file, mode 0600 in a 0700 folder (the caller has set umask 077). Only the holder of the instance lock may
 * call this: a leftover file is removed without asking, because nobody else can be behind it.
 */
export function listenUnix(path: string, http: Http): Server<unknown> {
  if (existsSync(path)) unlinkSync(path);
  const server = Bun.serve({
    unix: path,
    // `server.timeout` has no effect on a unix listener, so the limit would cut quiet streams and long waits. Only this user connects here.
    idleTimeout: 0,
    maxRequestBodySize: MAX_REQUEST_BYTES,
    fetch: (request: Request, server: Server<unknown>) => http.fetch(request, server, 'unix'),
    websocket: socketHandler,
  } as never) as unknown as Server<unknown>;
  // It was never open to others; 0600 is what people and tools expect of a private socket.
  chmodSync(path, 0o600);
  return server;
}
