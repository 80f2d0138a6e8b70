import type { TestDaemon } from './daemon';

export interface SocketOptions {
  readonly tcp?: boolean;
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
}

/** A WebSocket to the daemon: calls get their replies by id, everything else comes out of `event` in order. */
export async function openSocket(daemon: TestDaemon, { tcp, headers, protocols }: SocketOptions = {}) {
  const url = tcp ? `${daemon.url.replace('http', 'ws')}/ws` : `ws+unix://${daemon.socket}:/ws`;
  const ws = new WebSocket(url, { headers: { ...headers }, protocols: protocols ? [...protocols] : [] } as never);
  const replies = new Map<unknown, (frame: any) => void>();
  const events: any[] = [];
  const waiting: ((frame: any) => void)[] = [];
  ws.onmessage = ({ data }) => {
    const frame = JSON.parse(String(data));
    if (!('event' in frame)) {
      replies.get(frame.id)?.(frame);
      return;
    }
    const next = waiting.shift();
    if (next) next(frame);
    else events.push(frame);
  };
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    ws.onclose = ({ code, reason }) => resolve({ code, reason });
  });
  await new Promise<void>((resolve, reject) => {
    ws.onopen = () => resolve();
    ws.onerror = () => reject(new Error('the handshake was refused'));
  });
  let last = 0;
  const reply = (id: unknown, text: string): Promise<any> =>
    new Promise((resolve) => {
      replies.set(id, resolve);
      ws.send(text);
    });
  return {
    ws,
    closed,
    /** Sends a frame as it is; resolves with the reply to this id. */
    reply,
    call(op: string, args?: unknown) {
      const id = ++last;
      return reply(id, JSON.stringify({ id, op, args }));
    },
    event: (): Promise<any> => {
      const ready = events.shift();
      return ready ? Promise.resolve(ready) : new Promise((resolve) => waiting.push(resolve));
    },
    pending: () => events.length,
  };
}
