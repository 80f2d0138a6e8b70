import type { Socket } from 'bun';
import type { Target } from './load';
import { httpRequest, replyLength } from './requests';

/**
 * One connection for calls of which each waits for the one before, as the load client makes them: on a plain socket of this thread. `fetch` goes
 * through a thread of its own, and each of its calls then takes two more switches than the daemon has a part in.
 */
export class Connection implements Disposable {
  private waiting: PromiseWithResolvers<Buffer> | null = null;
  private partial = Buffer.alloc(0);

  private constructor(private readonly socket: Socket) {}

  static async open(target: Target): Promise<Connection> {
    const opened = Promise.withResolvers<Connection>();
    await Bun.connect({
      ...target,
      socket: {
        open: (socket: Socket) => opened.resolve(new Connection(socket)),
        data: async (_: Socket, chunk: Buffer) => (await opened.promise).take(Buffer.from(chunk)),
        close: async () => (await opened.promise).waiting?.reject(new Error('the server closed the connection')),
        error: (_: Socket, error: Error) => opened.reject(error),
      },
    } as never);
    return opened.promise;
  }

  /** Throws on a refusal. */
  async call<Reply>(op: string, input: object): Promise<Reply> {
    this.waiting = Promise.withResolvers<Buffer>();
    this.socket.write(httpRequest(op, input, null));
    const reply = await this.waiting.promise;
    return JSON.parse(reply.toString('utf8', reply.indexOf('\r\n\r\n'))) as Reply;
  }

  private take(chunk: Buffer): void {
    const { waiting } = this;
    this.partial = Buffer.concat([this.partial, chunk]);
    try {
      if (replyLength('http', this.partial) === 0) return;
      waiting?.resolve(this.partial);
    } catch (error) {
      waiting?.reject(error);
    }
    this.partial = Buffer.alloc(0);
  }

  [Symbol.dispose](): void {
    this.waiting = null;
    this.socket.end();
  }
}
