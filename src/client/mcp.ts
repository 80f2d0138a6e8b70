import { EXIT } from '../kernel/codes';
import { ClientError } from './error';
import type { Client } from './client';
import { readEvents } from './event_stream';

/** One JSON-RPC message, as far as who passes it on needs to know it. */
interface Message {
  readonly id?: string | number | null;
  readonly method?: string;
  readonly params?: {
    readonly name?: unknown;
    readonly uri?: unknown;
    readonly requestId?: unknown;
    readonly _meta?: Readonly<Record<string, unknown>>;
  };
  readonly result?: { readonly protocolVersion?: unknown };
}

/** JSON-RPC 2.0 §5.1; the last one is of the range that is left to servers. */
const PARSE_ERROR = -32700;
const NOT_REACHED = -32000;
/** Revision 2026-07-28 names it in each request; the headers of Streamable HTTP repeat what the body says. */
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const TYPES = 'application/json, text/event-stream';

/**
 * One connection of the Model Context Protocol over standard input and output, passed on to the daemon's `/mcp` message by message. Both
 * sides speak the same messages, so nothing of them is changed and any revision the daemon knows is spoken.
 */
export class McpProxy {
  private readonly underWay = new Map<string | number, AbortController>();
  /** What the handshake of the older revisions agreed on. */
  private agreed: string | undefined;

  constructor(
    private readonly client: Client,
    private readonly path: string,
    private readonly write: (line: string) => void,
  ) {}

  /** Takes one line of the client; resolves when it has been answered. Never throws. */
  async take(line: string): Promise<void> {
    if (line.trim() === '') return;
    let message: Message;
    try {
      message = JSON.parse(line) as Message;
    } catch {
      return this.fail(null, PARSE_ERROR, 'the line is not JSON');
    }
    const { id = null, method } = message;
    if (method === 'notifications/cancelled') this.underWay.get(message.params?.requestId as string)?.abort();
    const over = new AbortController();
    if (id !== null) this.underWay.set(id, over);
    try {
      await this.pass(line, message, over.signal);
    } catch (error) {
      if (over.signal.aborted || id === null) return;
      const { msg, hint } =
        error instanceof ClientError ? error : new ClientError('connection_lost', 'the connection broke before the answer', '', EXIT.down);
      this.fail(id, NOT_REACHED, hint ? `${msg}. ${hint}` : msg);
    } finally {
      if (id !== null && this.underWay.get(id) === over) this.underWay.delete(id);
    }
  }

  /** The client has left: nobody waits for what is under way. */
  close(): void {
    for (const each of this.underWay.values()) each.abort();
  }

  private async pass(body: string, message: Message, signal: AbortSignal): Promise<void> {
    const response = await this.client.ask(this.path, { method: 'POST', headers: this.headers(message), body }, { signal });
    if (response.headers.get('content-type')?.startsWith('text/event-stream')) {
      for await (const { data } of readEvents(response.body!)) this.write(data);
      return;
    }
    const text = await response.text();
    if (text === '') return;
    const answer = JSON.parse(text) as Message & { jsonrpc?: unknown; ok?: unknown; msg?: string; hint?: string };
    // What refuses a request before the protocol is reached, such as a token that is wrong, answers in zd's own terms.
    if (answer.ok === false) throw new ClientError('refused', answer.msg ?? 'refused', answer.hint ?? '', EXIT.refused);
    if (message.method === 'initialize' && typeof answer.result?.protocolVersion === 'string') this.agreed = answer.result.protocolVersion;
    this.write(text);
  }

  private headers({ method, params }: Message): Record<string, string> {
    const headers: Record<string, string> = { 'content-type': 'application/json', accept: TYPES };
    const version = params?._meta?.[VERSION_KEY];
    if (typeof version === 'string') {
      headers['mcp-protocol-version'] = version;
      if (method !== undefined) headers['mcp-method'] = method;
      const name = params?.name ?? params?.uri;
      if (typeof name === 'string' && /^[\x20-\x7e]*$/.test(name)) headers['mcp-name'] = name;
    } else if (this.agreed !== undefined) headers['mcp-protocol-version'] = this.agreed;
    return headers;
  }

  private fail(id: string | number | null, code: number, message: string): void {
    this.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code, message } }));
  }
}
