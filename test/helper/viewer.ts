import type { TestDaemon } from './daemon';
import { until } from './until';

export type Seen = Record<string, any> & { readonly type: string };

export interface ViewerOptions {
  readonly tcp?: boolean;
  readonly headers?: Record<string, string>;
  readonly protocols?: readonly string[];
  /** Behind `/ws`. */
  readonly query?: string;
}

/** A client of the session WebSocket: every frame in order, those of the transcript apart. */
export class ViewerClient {
  readonly frames: Seen[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  /** When each frame came, on the wall clock with fractions of milliseconds. */
  readonly times: number[] = [];
  private last = 0;

  private constructor(readonly ws: WebSocket) {
    ws.onmessage = ({ data }) => {
      this.times.push(performance.timeOrigin + performance.now());
      this.frames.push(JSON.parse(String(data)));
    };
    this.closed = new Promise((resolve) => {
      ws.onclose = ({ code, reason }) => resolve({ code, reason });
    });
  }

  static async open(daemon: TestDaemon, { tcp, headers, protocols, query = '' }: ViewerOptions = {}): Promise<ViewerClient> {
    const url = tcp ? `${daemon.url.replace('http', 'ws')}/ws${query}` : `ws+unix://${daemon.socket}:/ws${query}`;
    const ws = new WebSocket(url, { headers: { ...headers }, protocols: protocols ? [...protocols] : [] } as never);
    const client = new ViewerClient(ws);
    await new Promise<void>((resolve, reject) => {
      ws.onopen = () => resolve();
      ws.onerror = () => reject(new Error('the handshake was refused'));
    });
    return client;
  }

  send(frame: unknown): void {
    this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  /** Sends a frame with a number and waits for the answer to it. */
  ask(frame: Record<string, unknown>): Promise<Seen> {
    const req_id = ++this.last;
    this.send({ ...frame, req_id });
    return this.sees(`the answer to ${JSON.stringify(frame)}`, (seen) => seen.req_id === req_id);
  }

  sees(what: string, test: (frame: Seen) => boolean, from = 0): Promise<Seen> {
    return until(`${what} in ${JSON.stringify(this.frames.slice(-6))}`, () => this.frames.slice(from).find(test));
  }

  /** Attached to a session, from a place on. */
  async attach(session: string, more: Record<string, unknown> = {}): Promise<Seen> {
    const attached = await this.ask({ type: 'attach', session, ...more });
    if (attached.type !== 'attached') throw new Error(JSON.stringify(attached));
    return attached;
  }

  /** The end of a turn, by its id. */
  ended(turn: string): Promise<Seen> {
    return this.sees(
      `the end of ${turn}`,
      ({ turn_id, type, seq }) => turn_id === turn && seq !== undefined && (type === 'done' || type === 'error'),
    );
  }

  /** What is stored, in the order in which it came; signals to this client alone are left out. */
  get transcript(): Seen[] {
    return this.frames.filter(({ seq, type }) => seq !== undefined && !['live', 'ended', 'shutdown'].includes(type));
  }

  text(type = 'text'): string {
    return this.transcript
      .filter((frame) => frame.type === type)
      .map(({ content }) => content)
      .join('');
  }

  close(): void {
    this.ws.close();
  }
}
