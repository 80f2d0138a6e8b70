import type { Server, ServerWebSocket, WebSocketHandler } from 'bun';
import type { Caller } from '../kernel/caller';
import { ZdError } from '../kernel/error';
import type { Connections, Member } from './connections';
import type { StreamLimits } from './stream_slots';

/** The subprotocols of zd: calls, and a session from the beginning. A page cannot set headers for a WebSocket, so it may offer its token as a second one: `bearer.TOKEN`. */
const PROTOCOLS = ['zd', 'zd.session'];
const BEARER = 'bearer.';

/** Largest message of a client, and what may wait for one that does not read; beyond either the socket is closed. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;

export interface SocketsDeps {
  readonly connections: Connections;
  readonly limits: () => StreamLimits;
}

/** Our side of one WebSocket, whatever is spoken over it. */
export interface Peer extends Member {
  /** Aborts when the socket has ended. */
  readonly signal: AbortSignal;
  opened(ws: ServerWebSocket<Peer>): void;
  received(message: string | Buffer): void;
  /** What was sent has left. */
  drained(): void;
  closed(): void;
  /** The daemon stops: it is told, finishes what it has begun, and ends. */
  drain(): void;
}

interface Visit {
  readonly caller: Caller | null;
  readonly server: Server<unknown>;
}

/** Every WebSocket of the daemon. */
export class Sockets {
  private readonly sockets = new Set<Peer>();
  private draining = false;

  constructor(private readonly deps: SocketsDeps) {}

  /** Takes the connection over and returns undefined, or throws what refuses it. */
  open(request: Request, { caller, server }: Visit, peer: (caller: Caller) => Peer): Response | undefined {
    if (this.draining) return new Response(null, { status: 503, headers: { connection: 'close' } });
    if (!asksForUpgrade(request)) throw new ZdError('bad_request', 'This address speaks WebSocket; the request asks for no upgrade.');
    const release = this.deps.connections.admit(caller!, this.deps.limits());
    const socket = peer(caller!);
    const leave = this.deps.connections.add(socket);
    this.sockets.add(socket);
    socket.signal.addEventListener('abort', () => {
      this.sockets.delete(socket);
      leave();
      release();
    });
    const spoken = protocols(request).find((name) => PROTOCOLS.includes(name));
    const headers = spoken === undefined ? undefined : { 'sec-websocket-protocol': spoken };
    if (server.upgrade(request, { data: socket, headers })) return undefined;
    socket.closed();
    throw new ZdError('bad_request', 'The WebSocket handshake is not valid.');
  }

  drain(): void {
    this.draining = true;
    for (const socket of this.sockets) socket.drain();
  }
}

/** What `Bun.serve` does with sockets, on both listeners. */
export const socketHandler: WebSocketHandler<Peer> = {
  maxPayloadLength: MAX_MESSAGE_BYTES,
  backpressureLimit: MAX_MESSAGE_BYTES,
  closeOnBackpressureLimit: true,
  // A peer that answers no ping for this many seconds is gone.
  idleTimeout: 120,
  sendPings: true,
  perMessageDeflate: false,
  open: (ws: ServerWebSocket<Peer>) => ws.data.opened(ws),
  message: (ws: ServerWebSocket<Peer>, message) => ws.data.received(message),
  drain: (ws: ServerWebSocket<Peer>) => ws.data.drained(),
  close: (ws: ServerWebSocket<Peer>) => ws.data.closed(),
};

export const asksForUpgrade = (request: Request): boolean => request.headers.get('upgrade')?.toLowerCase() === 'websocket';

const protocols = (request: Request): string[] => (request.headers.get('sec-websocket-protocol') ?? '').split(',').map((name) => name.trim());

/** Whether a handshake offers this subprotocol. */
export const offers = (request: Request, protocol: string): boolean => protocols(request).includes(protocol);

/** The token that a handshake brings as a subprotocol, in the form of an `Authorization` header. */
export function credentialsOfSocket(request: Request): string | null {
  const bearer = protocols(request).find((name) => name.startsWith(BEARER));
  return bearer === undefined ? null : `Bearer ${bearer.slice(BEARER.length)}`;
}
