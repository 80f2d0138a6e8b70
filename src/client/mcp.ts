import type { Client } from './client';
import { ClientError } from './error';

/** One JSON-RPC message, as far as who passes it on needs to know it. */
interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
}

/** JSON-RPC 2.0 §5.1; the last one is of the range that is left to servers. */
const PARSE_ERROR = -32700;
const NOT_REACHED = -32000;
const PATIENCE_MS = 5000;
/** The id of a handshake that is said again to a daemon that was started anew; no client counts like this. */
const AGAIN = 'zd:again';

/**
 * One connection of the Model Context Protocol over standard input and output, passed on to the daemon's `/mcp` message by message. Both
 * sides speak the same messages, so nothing of them is changed and any revision the daemon knows is spoken.
 */
export class McpProxy {
  private connection: Promise<WebSocket> | undefined;
  private readonly underWay = new Set<string | number>();
  /** The handshake of the older revisions. */
  private handshake: Message | undefined;
  private whenIdle = (): void => {};

  constructor(
    private readonly client: Client,
    private readonly path: string,
    private readonly write: (line: string) => void,
  ) {}

  /** Takes one line of the client. Never throws. */
  async take(line: string): Promise<void> {
    if (line.trim() === '') return;
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      return this.fail(null, PARSE_ERROR, 'the line is not JSON');
    }
    const { id = null, method } = message ?? {};
    try {
      const socket = await (this.connection ??= this.connect());
      if (method === 'initialize') this.handshake = message;
      if (id !== null && method !== undefined) this.underWay.add(id);
      socket.send(line);
    } catch (error) {
      const { msg, hint } = error as ClientError;
      if (id !== null) this.fail(id, NOT_REACHED, hint ? `${msg}. ${hint}` : msg);
    }
  }

  /** The client has said its last. What is answered at once still reaches it; nobody waits for the rest. */
  async close(): Promise<void> {
    const socket = await this.connection?.catch(() => undefined);
    const idle = Promise.withResolvers<void>();
    this.whenIdle = idle.resolve;
    if (this.underWay.size > 0) await Promise.race([idle.promise, Bun.sleep(PATIENCE_MS)]);
    this.underWay.clear();
    socket?.close();
  }

  /** One attempt; the next message makes another one. Throws a `ClientError`. */
  private async connect(): Promise<WebSocket> {
    try {
      const socket = await this.client.socket(this.path);
      socket.onclose = () => this.lost();
      socket.onmessage = ({ data }) => this.answer(data as string);
      if (this.handshake) {
        socket.send(JSON.stringify({ ...this.handshake, id: AGAIN }));
        socket.send('{"jsonrpc":"2.0","method":"notifications/initialized"}');
      }
      return socket;
    } catch (error) {
      this.connection = undefined;
      throw error;
    }
  }

  private answer(line: string): void {
    const { id, method } = JSON.parse(line) as Message;
    if (id === AGAIN) return;
    this.write(line);
    if (id !== undefined && id !== null && method === undefined) this.underWay.delete(id);
    if (this.underWay.size === 0) this.whenIdle();
  }

  private lost(): void {
    this.connection = undefined;
    const lost = [...this.underWay];
    this.underWay.clear();
    for (const id of lost) this.fail(id, NOT_REACHED, 'the daemon went away before it answered; whether the call was made is not known');
  }

  private fail(id: string | number | null, code: number, message: string): void {
    this.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
  }
}
