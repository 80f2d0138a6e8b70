import type { Env } from '../daemon/paths';
import { EXIT } from '../kernel/code_info';
import { findAddress, type Address, type AddressFlags } from './address';
import { ClientError, fromReply, parseObject } from './error';
import { readEvents, type StreamEvent, type StreamSettings } from '../kernel/event_stream';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds until the call is given up; without it a call may take as long as the operation does. */
  readonly timeoutMs?: number;
}

export interface StreamOptions extends CallOptions, StreamSettings {
  readonly lastEventId?: string;
}

export interface Reply {
  /** The body as it came: numbers above 2^53 keep their digits. */
  readonly text: string;
  readonly value: Record<string, unknown>;
}

/** A client of one daemon, over its unix socket or over TCP with a token. Everything it throws is a `ClientError`. */
export class Client {
  /** `shellKey`: the calls are those of the shell that registered with this key. */
  constructor(
    readonly address: Address,
    private readonly shellKey?: string,
  ) {}

  static find(env: Env, flags?: AddressFlags): Client {
    return new Client(findAddress(env, flags), env.ZD_SHELL_KEY);
  }

  /** The operation's reply, `{ok: true, …}`. */
  async call(op: string, input: unknown, options?: CallOptions): Promise<Record<string, unknown>> {
    return (await this.send(op, JSON.stringify(input), options)).value;
  }

  /** The same with a body that is already JSON text. */
  async send(op: string, body: string, options: CallOptions = {}): Promise<Reply> {
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    // Only where nobody but this user can listen.
    if (this.shellKey && this.address.kind === 'unix') headers['zd-shell-key'] = this.shellKey;
    return this.reply(`/op/${encodeURIComponent(op)}`, { method: 'POST', headers, body }, options);
  }

  /** A JSON document at a path, for example `/health`. */
  async json(path: string, options: CallOptions = {}): Promise<Reply> {
    return this.reply(path, {}, options);
  }

  /** Any path's response, whatever its status. */
  async get(path: string, options: CallOptions = {}): Promise<Response> {
    const scope = deadline(options);
    try {
      return await this.request(path, {}, scope.signal);
    } catch (error) {
      throw this.explain(error, options);
    } finally {
      scope.end();
    }
  }

  /** A route of bytes: its response once it has begun to answer well. `timeoutMs` is for that beginning only. */
  async bytes(path: string, init: RequestInit, options: CallOptions = {}): Promise<Response> {
    const scope = deadline(options);
    try {
      const response = await this.request(path, init, scope.signal);
      if (!response.ok) throw fromReply(response.status, await response.text());
      return response;
    } catch (error) {
      throw this.explain(error, options);
    } finally {
      scope.end();
    }
  }

  /** The events of one connection; it ends when the server ends it. `timeoutMs` is for the first byte only. */
  async *stream(path: string, query: Record<string, unknown>, options: StreamOptions = {}): AsyncGenerator<StreamEvent> {
    const headers: Record<string, string> = { accept: 'text/event-stream' };
    if (options.lastEventId) headers['last-event-id'] = options.lastEventId;
    const scope = deadline(options);
    try {
      const response = await this.request(path + toQuery(query), { headers }, scope.signal);
      scope.end();
      if (response.status === 204) return options.onFinished?.();
      if (!response.ok || !response.body) throw fromReply(response.status, await response.text());
      const start = response.headers.get('last-event-id');
      if (start) options.onStart?.(start);
      yield* readEvents(response.body, options);
    } catch (error) {
      throw this.explain(error, options);
    } finally {
      scope.abort();
    }
  }

  /** A WebSocket that is open. What refuses one cannot be seen by who asks for it, so the address itself is asked why. */
  async socket(path: string): Promise<WebSocket> {
    const { address } = this;
    const token = address.kind === 'tcp' ? address.token() : null;
    const url = address.kind === 'unix' ? `ws+unix://${address.socket}:${path}` : address.url.replace(/^http/, 'ws') + path;
    const socket = new WebSocket(url, { headers: token === null ? {} : { authorization: `Bearer ${token}` } } as never);
    const opened = Promise.withResolvers<boolean>();
    socket.onopen = () => opened.resolve(true);
    socket.onerror = socket.onclose = () => opened.resolve(false);
    if (await opened.promise) return socket;
    const { status, text } = await this.get('/op/ping').then(async (response) => ({ status: response.status, text: await response.text() }));
    throw status === 200
      ? new ClientError('connection_lost', 'the daemon did not open a WebSocket', 'See `zd logs`', EXIT.failure)
      : fromReply(status, text);
  }

  private async reply(path: string, init: RequestInit, options: CallOptions): Promise<Reply> {
    const scope = deadline(options);
    try {
      const response = await this.request(path, init, scope.signal);
      const text = await response.text();
      if (!response.ok) throw fromReply(response.status, text);
      const value = parseObject(text);
      if (!value)
        throw new ClientError('bad_reply', 'what answers is no zd: it did not send a JSON object', 'Check --url, ZD_URL and ZD_SOCKET', EXIT.failure);
      return { text, value };
    } catch (error) {
      throw this.explain(error, options);
    } finally {
      scope.end();
    }
  }

  private request(path: string, init: RequestInit, signal: AbortSignal | undefined): Promise<Response> {
    const { address } = this;
    // Bun's own limit of five minutes would cut long waits and streams; redirects would carry the token elsewhere.
    const common = { ...init, signal, timeout: false, redirect: 'manual' } as const;
    if (address.kind === 'unix') return fetch(`http://localhost${path}`, { ...common, unix: address.socket });
    const token = address.token();
    const headers = new Headers(init.headers);
    if (token !== null) headers.set('authorization', `Bearer ${token}`);
    return fetch(address.url + path, { ...common, headers });
  }

  /** Any failure as a `ClientError` that says what to do. */
  private explain(error: unknown, options: CallOptions): ClientError {
    if (error instanceof ClientError) return error;
    if (options.signal?.aborted) return new ClientError('interrupted', 'interrupted', '', EXIT.interrupted);
    const { name, code, message } = error as { name?: string; code?: string; message?: string };
    if (name === 'TimeoutError' || name === 'AbortError') {
      return new ClientError(
        'timeout',
        `no answer within ${(options.timeoutMs ?? 0) / 1000} s`,
        'Give it longer with --timeout, or see `zd doctor`',
        EXIT.timeout,
      );
    }
    if (code === 'ECONNRESET' || code === 'ConnectionClosed') {
      return new ClientError('connection_lost', 'the daemon closed the connection before it answered', 'See `zd status` and `zd logs`', EXIT.down);
    }
    if (this.address.kind === 'tcp') {
      return new ClientError('not_running', `nothing answers at ${this.address.url}`, 'Start the daemon there with: zd up', EXIT.down);
    }
    if (code === 'EACCES' || code === 'EPERM') {
      return new ClientError(
        'no_access',
        `the socket ${this.address.socket} belongs to another user`,
        'Set ZD_HOME or ZD_SOCKET to your own',
        EXIT.refused,
      );
    }
    if (code !== undefined && DOWN.has(code)) return new ClientError('not_running', 'the daemon is not running', 'Start it with: zd up', EXIT.down);
    return new ClientError('not_running', `the daemon cannot be reached (${code ?? message})`, 'See `zd doctor`', EXIT.down);
  }
}

/** How Bun names a socket that is not there, or that nobody listens on. */
const DOWN = new Set(['ENOENT', 'ECONNREFUSED', 'ConnectionRefused', 'FailedToOpenSocket', 'ENOTSOCK']);

interface Deadline {
  readonly signal: AbortSignal | undefined;
  end(): void;
  abort(): void;
}

/** The caller's signal and the time limit as one signal. Without either there is none: making one costs start time. */
function deadline({ signal, timeoutMs }: CallOptions): Deadline {
  if (signal === undefined && timeoutMs === undefined) return { signal: undefined, end: () => {}, abort: () => {} };
  const controller = new AbortController();
  const stop = () => controller.abort(signal?.reason);
  if (signal?.aborted) stop();
  signal?.addEventListener('abort', stop, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(new DOMException('', 'TimeoutError')), timeoutMs);
  const end = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    end,
    abort: () => {
      end();
      signal?.removeEventListener('abort', stop);
      controller.abort();
    },
  };
}

function toQuery(query: Record<string, unknown>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const item of Array.isArray(value) ? value : [value])
      if (item !== undefined && item !== null) parameters.append(name, typeof item === 'object' ? JSON.stringify(item) : String(item));
  }
  const text = parameters.toString();
  return text === '' ? '' : `?${text}`;
}
