import type { AnyMessage, ClientConnection } from '@agentclientprotocol/sdk';

type Json = Record<string, unknown>;

export interface LinkHooks {
  /** A session/update, before anything has looked at it. */
  readonly update: (params: Json, raw: string) => void;
  /** Any other notification. */
  readonly notification: (message: Json, raw: string) => void;
  /** A line that is no message at all. */
  readonly garbage: (line: string) => void;
}

/**
 * Stands between the lines of an agent and the protocol library: updates are taken out of the raw lines, because the library drops those it
 * does not know; requests and the answers to ours go through it. What is neither reaches it never.
 */
export class AcpLink {
  private into: ReadableStreamDefaultController<AnyMessage> | null = null;
  /** Requests of ours without an answer. */
  private readonly asked = new Set<unknown>();
  /** The lines of its requests that are being answered. */
  private readonly requests = new Map<unknown, string>();
  readonly stream: { readable: ReadableStream<AnyMessage>; writable: WritableStream<AnyMessage> };

  constructor(
    send: (line: string) => void,
    private readonly hooks: LinkHooks,
  ) {
    this.stream = {
      readable: new ReadableStream<AnyMessage>({
        start: (controller) => {
          this.into = controller;
        },
        // Its connection was closed; what the agent still says is for nobody.
        cancel: () => {
          this.into = null;
        },
      }),
      writable: new WritableStream<AnyMessage>({
        write: (message) => {
          const { id, method } = message as Json;
          if (typeof method === 'string' && id !== undefined) this.asked.add(id);
          else if (id !== undefined) this.requests.delete(id);
          send(`${JSON.stringify(message)}\n`);
        },
      }),
    };
  }

  /** The line in which a request came. */
  rawOf(requestId: unknown): string | undefined {
    return this.requests.get(requestId);
  }

  received(line: string): void {
    if (line.trim() === '') return;
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return this.hooks.garbage(line);
    }
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return this.hooks.garbage(line);
    const { id, method, params } = message as Json;
    if (method === 'session/update' && id === undefined) {
      if (typeof params === 'object' && params !== null) this.hooks.update(params as Json, line);
      else this.hooks.garbage(line);
    } else if (typeof method === 'string' && id === undefined) {
      if (method === '$/cancel_request') this.into?.enqueue(message as AnyMessage);
      else this.hooks.notification(message as Json, line);
    } else if (typeof method === 'string') {
      this.requests.set(id, line);
      this.into?.enqueue(message as AnyMessage);
    } else if (this.asked.delete(id)) this.into?.enqueue(message as AnyMessage);
    else this.hooks.garbage(line);
  }

  /** Every request of ours fails with this. */
  close(connection: ClientConnection | null, reason: Error): void {
    connection?.close(reason);
  }
}
