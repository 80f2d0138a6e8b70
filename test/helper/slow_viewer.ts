import { connect, type Socket } from 'node:net';
import type { TestDaemon } from './daemon';
import { until } from './until';
import type { Seen } from './viewer';

const TEXT = 1;
const CLOSE = 8;

/** A client of the session WebSocket that reads only when it is told to (RFC 6455, without fragments, which zd does not send). */
export class SlowViewer {
  readonly frames: Seen[] = [];
  private rest: Buffer = Buffer.alloc(0);
  private opened = false;

  private constructor(private readonly socket: Socket) {
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      this.rest = Buffer.concat([this.rest, chunk]);
      if (!this.opened) {
        const end = this.rest.indexOf('\r\n\r\n');
        if (end === -1) return;
        this.opened = true;
        this.rest = this.rest.subarray(end + 4);
      }
      this.cut();
    });
  }

  static async open(daemon: TestDaemon, session: string): Promise<SlowViewer> {
    const socket = connect(daemon.socket);
    const viewer = new SlowViewer(socket);
    const head = ['connection: Upgrade', 'upgrade: websocket', 'sec-websocket-version: 13', 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=='];
    socket.write(`GET /ws?session=${session} HTTP/1.1\r\nhost: localhost\r\n${head.join('\r\n')}\r\n\r\n`);
    await until('the handshake', () => viewer.opened);
    return viewer;
  }

  private cut(): void {
    let at = 0;
    for (;;) {
      const { rest } = this;
      if (rest.length < at + 2) break;
      const short = rest[at + 1]! & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (rest.length < at + head) break;
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(at + 2) : Number(rest.readBigUInt64BE(at + 2));
      if (rest.length < at + head + length) break;
      const code = rest[at]! & 0x0f;
      if (code === TEXT) this.frames.push(JSON.parse(rest.toString('utf8', at + head, at + head + length)));
      if (code === CLOSE) this.socket.end();
      at += head + length;
    }
    this.rest = this.rest.subarray(at);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  close(): void {
    this.socket.destroy();
  }
}
