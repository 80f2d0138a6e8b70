import type { JSONRPCMessage, Transport } from '@modelcontextprotocol/server';
import type { ServerWebSocket } from 'bun';
import type { Caller, Scope } from '../../kernel/caller';
import { ZdError } from '../../kernel/error';
import { parseJson } from '../../kernel/json';
import type { EndReason } from '../connections';
import type { Peer } from '../ws';
import { plainCall, type Era, type PlainCall } from './plain_call';
import type { ToolServer, Visit } from './server';

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
  /** What each request under way asks for. */
  private readonly underWay = new Map<Id, string>();
  /** Calls that are answered without the SDK. */
  private readonly calls = new Map<Id, AbortController>();
  /** Which revision the connection speaks, once the SDK has settled that with the client. */
  private era: Era | undefined;
  /** What came before the server was there. */
  private early: JSONRPCMessage[] = [];
  private ws: ServerWebSocket<Peer> | undefined;
  private leaving = false;

  constructor(
    readonly caller: Caller,
    private readonly limits: () => { readonly bodyBytes: number; readonly maxDepth: number },
    private readonly server: ToolServer,
    private readonly visit: Visit,
  ) {}

  get signal(): AbortSignal {
    return this.ended.signal;
  }

  opened(ws: ServerWebSocket<Peer>): void {
    this.ws = ws;
    if (this.leaving) return this.leave();
    void import('@modelcontextprotocol/server/stdio').then(({ serveStdio }) => {
      if (!this.signal.aborted) serveStdio(() => this.server.make(this.visit), { transport: this });
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
      const call = this.era && method === 'tools/call' ? plainCall(message) : null;
      if (call && call.era === this.era && !this.underWay.has(id)) return this.call(call);
      this.underWay.set(id, method);
    } else if (method === 'notifications/cancelled' && 'params' in message && this.calledOff(message)) return;
    if (this.onmessage) this.onmessage(message);
    else this.early.push(message);
  }

  async send(message: JSONRPCMessage): Promise<void> {
    if ('id' in message && !('method' in message)) {
      const asked = this.underWay.get(message.id as Id);
      if (asked !== undefined && 'result' in message) this.era ??= eraSettled(asked, message.result);
      this.underWay.delete(message.id as Id);
    }
    this.write(message);
    if (this.leaving) this.leave();
  }

  /** Not through the SDK, where the connection has settled what it speaks. */
  private call(call: PlainCall): void {
    const { id, tool } = call;
    const over = new AbortController();
    this.underWay.set(id, tool);
    this.calls.set(id, over);
    const done = (response: object): void => {
      this.underWay.delete(id);
      this.calls.delete(id);
      // What was called off is not answered.
      if (!over.signal.aborted) this.write(response);
      if (this.leaving) this.leave();
    };
    const answer = this.server.answer(call, this.visit, () => over.signal);
    if (answer instanceof Promise) void answer.then(done);
    else done(answer);
  }

  private calledOff({ params }: { readonly params?: Readonly<Record<string, unknown>> }): boolean {
    const call = this.calls.get(params?.requestId as Id);
    call?.abort();
    return call !== undefined;
  }

  async close(): Promise<void> {
    this.end(GOING_AWAY, 'closed');
  }

  closed(): void {
    if (this.signal.aborted) return;
    this.ended.abort();
    for (const call of this.calls.values()) call.abort();
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

/** Which revision a connection is bound to by the answer to a request: the handshake binds to the older ones, discovery to none. */
function eraSettled(asked: string, result: object): Era | undefined {
  if (asked === 'initialize') return 'older';
  return 'resultType' in result && asked !== 'server/discover' ? 'current' : undefined;
}
