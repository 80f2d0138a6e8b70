import type { Server } from 'bun';
import type { Http } from './http';
import { MAX_REQUEST_BYTES } from './unix';
import { socketHandler } from './ws';

/** Listens on a TCP address; port 0 takes a free one. Whether the address is allowed was decided by the configuration. */
export function listenTcp(host: string, port: number, http: Http): Server<unknown> {
  return Bun.serve({
    hostname: host,
    port,
    // Seconds for a silent client or an op that takes its time; streams have no limit of their own.
    idleTimeout: 120,
    maxRequestBodySize: MAX_REQUEST_BYTES,
    fetch: (request: Request, server: Server<unknown>) => http.fetch(request, server, 'tcp'),
    websocket: socketHandler,
  } as never) as unknown as Server<unknown>;
}
