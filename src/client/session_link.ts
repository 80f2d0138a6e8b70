import { CODES, isCode } from '../kernel/codes';
import { EXIT } from '../kernel/code_info';
import type { Client } from './client';
import { ClientError } from './error';
import { isPassing, pause } from './follow';
import { readFrame, textOf, type SessionFrame } from './session_frames';

export type Mode = 'mirror' | 'takeover' | 'observe';

export interface LinkOptions {
  /** As a person names it; the daemon's default session when absent. */
  readonly session?: string;
  /** Begins with the newest so many events. */
  readonly tail: number;
  readonly mode: Mode;
  readonly onFrame: (frame: SessionFrame) => void;
  readonly onBreak: () => void;
  readonly onBack: () => void;
}

const ATTACH = 'zd:attach';
const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 2000;

/** One session over a WebSocket, across breaks: whoever comes back goes on behind the last event it saw, so nothing is lost or doubled. */
export class SessionLink {
  private socket: WebSocket | null = null;
  private session: string | undefined;
  private mode: Mode;
  /** The newest event it was given; null before it was attached. */
  private last: number | null = null;
  private attached = false;
  private finished = false;
  private broken = false;
  private failure: ClientError | null = null;

  constructor(
    private readonly client: Client,
    private readonly options: LinkOptions,
  ) {
    this.session = options.session;
    this.mode = options.mode;
  }

  /** False when there is no connection just now. */
  send(frame: Readonly<Record<string, unknown>>): boolean {
    if (!this.attached || this.socket?.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Who may say something from now on, also after a break. */
  become(mode: Mode): boolean {
    this.mode = mode;
    return this.send(this.attachFrame());
  }

  private attachFrame(): Record<string, unknown> {
    const { session, mode, last, options } = this;
    return {
      type: 'attach',
      req_id: ATTACH,
      mode,
      ...(session === undefined ? {} : { session }),
      ...(last === null ? { tail: options.tail } : { since: last }),
    };
  }

  /** Ends when the session is removed or the signal aborts. Throws what refuses the first connection, and every refusal later on. */
  async run(signal: AbortSignal): Promise<void> {
    let wait = FIRST_WAIT_MS;
    while (!this.finished && !signal.aborted) {
      try {
        await this.connection(signal);
        if (this.failure) throw this.failure;
        wait = FIRST_WAIT_MS;
      } catch (error) {
        if (this.last === null || !isPassing(error)) throw error;
      }
      if (this.finished || signal.aborted) return;
      this.lost();
      await pause(wait, signal);
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }
  }

  private lost(): void {
    if (!this.broken) this.options.onBreak();
    this.broken = true;
  }

  /** One connection to its end. */
  private async connection(signal: AbortSignal): Promise<void> {
    this.failure = null;
    const socket = await this.client.socket('/ws');
    const ended = Promise.withResolvers<void>();
    const leave = () => socket.close();
    this.socket = socket;
    socket.onmessage = ({ data }) => this.take(String(data));
    socket.onclose = () => ended.resolve();
    signal.addEventListener('abort', leave, { once: true });
    socket.send(JSON.stringify(this.attachFrame()));
    if (signal.aborted) leave();
    await ended.promise;
    signal.removeEventListener('abort', leave);
    this.attached = false;
    this.socket = null;
    if (this.last === null && !this.failure && !signal.aborted)
      throw new ClientError('connection_lost', 'the daemon closed the connection before it answered', 'See `zd status` and `zd logs`', EXIT.down);
  }

  private take(text: string): void {
    const frame = readFrame(text);
    if (!frame) return;
    if (frame.reqId === ATTACH) {
      if (frame.type === 'error') return this.refused(frame);
      this.session = textOf(frame, 'session_id');
      this.last ??= Number(frame.data.since);
      this.attached = true;
      if (this.broken) this.options.onBack();
      this.broken = false;
    }
    if (!this.attached) return;
    if (frame.seq !== null) {
      if (frame.seq <= this.last!) return;
      this.last = frame.seq;
    }
    if (frame.data.code === 'gap') this.last = Math.max(this.last!, Number(frame.data.to));
    this.finished = frame.type === 'ended';
    this.options.onFrame(frame);
    if (this.finished) this.socket?.close();
  }

  private refused(frame: SessionFrame): void {
    const code = textOf(frame, 'code');
    const { exit, remedy } = isCode(code) ? CODES[code] : { exit: EXIT.failure, remedy: '' };
    this.failure = new ClientError(code, textOf(frame, 'message'), remedy, exit);
    this.socket?.close();
  }
}
