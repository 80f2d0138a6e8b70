import type { JSONRPCMessage, Server, Transport } from '@modelcontextprotocol/server';
import type { ServerWebSocket } from 'bun';
import type { Caller, Scope } from '../../kernel/caller';
import { ZdError } from '../../kernel/error';
import { parseJson } from '../../kernel/json';
import type { EndReason } from '../connections';
import type { Peer } from '../ws';

/** Requests of one connection that are under way at once. */
const MAX_REQUESTS = 256;
/** JSON-RPC 2.0 §5.1; the last one is of the range that is left to servers. */
const PARSE_ERROR = -32700;
const INVALID_REQUEST = -32600;
const BUSY = -32000;
/** RFC 6455 §7.4.1: going away, policy violation. */
const GOING_AWAY = 1001;
const POLICY = 1008;

type Id = string | number;

/** One connection of the Model Context Protocol over a WebSocket: each text frame is one message, as each line is on standard input. */
export class McpSocket implements Peer, Transport {
  readonly scopes: Scope[] = [];
  onmessage?: (message: JSONRPCMessage) => void;
  onclose?: () => void;
  onerror?: (error: Error) => void;
  private readonly ended = new AbortController();
  private readonly underWay = new Set<Id>();
  /** What came before the server was there. */
  private early: JSONRPCMessage[] = [];
  private ws: ServerWebSocket<Peer> | undefined;
  private leaving = false;

  constructor(
    readonly caller: Caller,
    private readonly limits: () => { readonly bodyBytes: number; readonly maxDepth: number },
    private readonly server: () => Promise<Server>,
  ) {}

  get signal(): AbortSignal {
    return this.ended.signal;
  }

  opened(ws: ServerWebSocket<Peer>): void {
    this.ws = ws;
    if (this.leaving) return this.leave();
    void import('@modelcontextprotocol/server/stdio').then(({ serveStdio }) => {
      if (!this.signal.aborted) serveStdio(this.server, { transport: this });
    });
  }

  async start(): Promise<void> {
    const { early } = this;
    this.early = [];
    // The server sets what it hears with only after this returns.
    queueMicrotask(() => early.forEach((message) => this.onmessage?.(message)));
  }

  received(text: string | Buffer): void {
    let message: JSONRPCMessage & { readonly id?: Id; readonly method?: string };
    try {
      message = this.decode(text);
    } catch (error) {
      if (!(error instanceof ZdError)) throw error;
      return this.refuse(null, error.code === 'bad_args' ? INVALID_REQUEST : PARSE_ERROR, error.message);
    }
    const { id = null, method } = message;
    if (id !== null && method !== undefined) {
      if (this.underWay.size >= MAX_REQUESTS) return this.refuse(id, BUSY, `This connection has ${MAX_REQUESTS} requests under way.`);
      this.underWay.add(id);
    }
    if (this.onmessage) this.onmessage(message);
    else this.early.push(message);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    this.write(message);
    if ('id' in message && !('method' in message)) this.underWay.delete(message.id as Id);
    if (this.leaving) this.leave();
  }

  async close(): Promise<void> {
    this.end(GOING_AWAY, 'closed');
  }

  closed(): void {
    if (this.signal.aborted) return;
    this.ended.abort();
    this.onclose?.();
  }

  drained(): void {}

  revoke(reason: EndReason): void {
    this.end(POLICY, reason);
  }

  drain(): void {
    this.leaving = true;
    this.leave();
  }

  private leave(): void {
    if (this.underWay.size === 0) this.end(GOING_AWAY, 'stopping');
  }

  private end(code: number, reason: string): void {
    this.ws?.close(code, reason);
    this.closed();
  }

  private decode(text: string | Buffer): JSONRPCMessage {
    const { bodyBytes, maxDepth } = this.limits();
    if (typeof text !== 'string') throw new ZdError('bad_json', 'A message is a text frame, this one is binary.');
    if (Buffer.byteLength(text) > bodyBytes) throw new ZdError('too_large', `The message is larger than ${bodyBytes} bytes.`);
    const value = parseJson(text, maxDepth);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ZdError('bad_args', 'A message is one JSON object.');
    return value as JSONRPCMessage;
  }

  private refuse(id: Id | null, code: number, message: string): void {
    this.write({ jsonrpc: '2.0', id, error: { code, message } });
  }

  private write(message: object): void {
    if (!this.signal.aborted) this.ws?.send(JSON.stringify(message));
  }
}
