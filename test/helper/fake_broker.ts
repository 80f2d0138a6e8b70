import { afterAll } from 'bun:test';
import type { Server, ServerWebSocket } from 'bun';
import { until } from './until';

type Frame = Record<string, any>;

const servers = new Set<FakeBroker>();

/** A broker of the shipped protocol that does what a test tells it: it negotiates nothing, and may lie. */
export class FakeBroker {
  readonly frames: Frame[] = [];
  /** What it says to a message; null: nothing. */
  onSend: (frame: Frame) => Frame | null = ({ id }) => ({ type: 'ack', id, messageId: `m-${id}`, queued: true });
  /** What it says to a hello; a number closes with that code. */
  onHello: (frame: Frame) => Frame | number = () => ({ type: 'hello_ack', presenceId: 'p1', memberDisplayName: 'x', memberProfile: {} });
  peers: Frame[] = [];
  hellos = 0;
  private readonly sockets = new Set<ServerWebSocket<unknown>>();
  private server: Server<unknown> | undefined;
  private port = 0;

  start(): this {
    this.server = Bun.serve({
      port: this.port,
      hostname: '127.0.0.1',
      fetch: (request, server) => (server.upgrade(request, { data: null }) ? undefined : new Response('no', { status: 400 })),
      websocket: {
        open: (socket) => void this.sockets.add(socket),
        close: (socket) => void this.sockets.delete(socket),
        message: (socket, text) => this.take(socket, JSON.parse(String(text)) as Frame),
      },
    });
    this.port = this.server.port!;
    servers.add(this);
    return this;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.port}/ws`;
  }

  private take(socket: ServerWebSocket<unknown>, frame: Frame): void {
    this.frames.push(frame);
    if (frame.type === 'hello' || frame.type === 'session_hello') {
      this.hellos++;
      const answer = this.onHello(frame);
      if (typeof answer === 'number') socket.close(answer, 'go away');
      else {
        socket.send(JSON.stringify(answer));
        if (answer.type === 'error') socket.close(1008, answer.code);
      }
    }
    if (frame.type === 'list_peers') socket.send(JSON.stringify({ type: 'peers_list', _reqId: frame._reqId, peers: this.peers }));
    if (frame.type === 'message_status')
      socket.send(JSON.stringify({ type: 'error', _reqId: frame._reqId, code: 'not_found', message: 'no such message' }));
    if (frame.type === 'send') {
      const answer = this.onSend(frame);
      if (answer) socket.send(JSON.stringify(answer));
    }
  }

  /** To every client, as it is. */
  say(frame: Frame | string | Uint8Array): void {
    for (const socket of this.sockets) socket.send(typeof frame === 'string' || frame instanceof Uint8Array ? frame : JSON.stringify(frame));
  }

  close(code: number, reason = ''): void {
    for (const socket of this.sockets) socket.close(code, reason);
  }

  of(type: string): Frame[] {
    return this.frames.filter((frame) => frame.type === type);
  }

  next(type: string, fits: (frame: Frame) => boolean = () => true): Promise<Frame> {
    return until(`a frame ${type}`, () => this.of(type).find(fits));
  }

  async stop(): Promise<void> {
    await this.server?.stop(true);
    servers.delete(this);
  }
}

afterAll(async () => {
  for (const each of [...servers]) await each.stop();
});
