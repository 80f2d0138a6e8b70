import type { Server } from 'bun';
import { LIMITS } from '../areas/mesh/wire/limits';
import { isLoopback } from '../daemon/values';
import type { Broker } from './broker';
import { Connection } from './connection';
import type { BrokerHttp } from './http';
import { BOUNDS, type BrokerSettings } from './settings';

/** A peer that answers no ping for so many seconds is gone. */
const STALE_SECONDS = 75;
const MAX_BODY = 128 * 1024;

/** The one listener of a broker: WebSockets at `/ws`, everything else plain HTTP. */
export function listen(broker: Broker, http: BrokerHttp, { host, port, publicUrl }: BrokerSettings): Server<Connection> {
  return Bun.serve<Connection>({
    hostname: host,
    port,
    maxRequestBodySize: MAX_BODY,
    fetch(request, server) {
      const refused = foreign(request, host, publicUrl);
      if (refused) {
        broker.deps.counters.refused(refused);
        return Response.json({ ok: false, error: refused }, { status: refused === 'bad_request' ? 400 : 403 });
      }
      const remote = server.requestIP(request)?.address ?? '';
      if (new URL(request.url).pathname !== '/ws') return http.answer(request, remote);
      const connection = new Connection(remote, broker.deps.clock.monotonic());
      if (server.upgrade(request, { data: connection })) return undefined;
      return Response.json({ ok: false, error: 'upgrade_required' }, { status: 426, headers: { upgrade: 'websocket' } });
    },
    error: () => Response.json({ ok: false, error: 'internal' }, { status: 500 }),
    websocket: {
      maxPayloadLength: LIMITS.clientFrame + 1024,
      // Above our own bound, which closes with a reason.
      backpressureLimit: 2 * BOUNDS.socketBytes,
      closeOnBackpressureLimit: true,
      idleTimeout: STALE_SECONDS,
      sendPings: true,
      perMessageDeflate: false,
      open(ws) {
        ws.data.opened(ws);
        broker.opened(ws.data);
      },
      message: (ws, message) => broker.received(ws.data, message),
      close: (ws) => broker.closed(ws.data),
    },
  });
}

/** Web pages have no business here, and behind a name that was turned to this machine neither (DNS rebinding): null lets a request in. */
function foreign(request: Request, host: string, publicUrl: string | null): 'bad_request' | 'origin_denied' | 'host_denied' | null {
  const named = request.headers.get('host');
  if (!named || named.includes(',') || !URL.canParse(request.url)) return 'bad_request';
  if (request.headers.has('origin') || request.headers.get('sec-fetch-site') === 'cross-site') return 'origin_denied';
  const name = new URL(`http://${named}`).hostname.replace(/^\[|\]$/g, '');
  // On another address than loopback it is known by names we cannot know.
  const known = !isLoopback(host) || isLoopback(name) || (publicUrl !== null && name === new URL(publicUrl).hostname);
  return known ? null : 'host_denied';
}
