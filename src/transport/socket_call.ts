import type { Caller } from '../kernel/caller';
import type { Connection } from '../kernel/connection';
import type { Request } from '../kernel/dispatch';
import { requestId } from '../kernel/ids';

/** The id, `ok` and then the reply's members. */
export function replyText(id: unknown, reply: Record<string, unknown>): string {
  const text = JSON.stringify(reply);
  return `{"id":${typeof id === 'number' ? id : JSON.stringify(id)},"ok":true${text === '{}' ? '}' : `,${text.slice(1)}`}`;
}

/** One call over a socket. Its id is made when somebody asks for it: in a failure, or in what the op writes down. */
export class SocketCall implements Request {
  private name: string | undefined;

  constructor(
    readonly op: string,
    readonly input: unknown,
    readonly caller: Caller,
    readonly connection: Connection,
  ) {}

  get requestId(): string {
    return (this.name ??= requestId());
  }

  get signal(): AbortSignal {
    return this.connection.signal;
  }
}
