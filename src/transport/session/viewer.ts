import type { ServerWebSocket } from 'bun';
import type { SessionEvent } from '../../areas/session/event';
import type { SessionService, SessionSince } from '../../areas/session/service';
import type { Caller } from '../../kernel/caller';
import { requireScope, type Dispatcher } from '../../kernel/dispatch';
import { requestId } from '../../kernel/ids';
import type { Logger } from '../../kernel/log';
import { defaultSession } from './default_session';
import { clientFrame, faultFrame, FrameFault, parseFrame, serverFrame, tooLarge, type Mode, type ReqId, type ServerFrame } from './frames';
import { answerTo } from './requests';
import type { Guest, Room, Rooms } from './room';

export interface ViewerDeps {
  readonly dispatcher: Dispatcher;
  readonly log: Logger;
  readonly rooms: Rooms;
  readonly limits: () => { readonly frameBytes: number; readonly maxDepth: number };
}

/** What the connection of a viewer does for it. */
export interface Line {
  readonly signal: AbortSignal;
  /** Who it is under the rules of now; null when its token is gone, and then the connection ends. */
  renewed(): Caller | null;
  /** A frame `{id, op, args}`. */
  call(message: string): void;
  end(code: number, reason: string): void;
}

/** Requests of one client that are under way at once. */
const MAX_REQUESTS = 64;
/** Bytes a client may have under way before more is read for it. */
const WINDOW_BYTES = 256 * 1024;
/** How long a stop waits for the session to say its last. */
const LAST_WORDS_MS = 6000;
const GOING_AWAY = 1001;

/** One who looks at a session, or says something in it. It never holds anything of the session: who goes leaves it as it is. */
export class Viewer implements Guest {
  readonly client = crypto.getRandomValues(new Uint8Array(6)).toHex();
  mode: Mode = 'mirror';
  /** Null until it is attached, and when its session is removed. */
  session: string | null = null;
  room: Room | null = null;
  private following: AbortController | null = null;
  private opening: Promise<void> | null = null;
  private requests = 0;
  private leaving = false;
  private roomAgain: (() => void)[] = [];

  constructor(
    private readonly ws: ServerWebSocket<unknown>,
    readonly line: Line,
    private readonly deps: ViewerDeps,
  ) {
    line.signal.addEventListener('abort', () => this.detach(), { once: true });
  }

  get sessions(): SessionService {
    return this.deps.dispatcher.services.sessions;
  }

  /** Looks at this session from now on, or at the default one. What goes wrong is told. */
  open(session: string | null): void {
    this.opening = (session === null ? defaultSession(this) : Promise.resolve(session))
      .then((id) => this.attach(id, { tail: 0 }, 'mirror'))
      .catch((error: unknown) => this.fault(error))
      .finally(() => {
        this.opening = null;
      });
  }

  received(message: string | Buffer): void {
    try {
      const { frameBytes, maxDepth } = this.deps.limits();
      const bytes = Buffer.byteLength(message);
      if (bytes > frameBytes) throw tooLarge(bytes, frameBytes);
      if (typeof message !== 'string') throw new FrameFault('invalid_frame', 'A frame is text, this one is binary.');
      const members = parseFrame(message, maxDepth);
      if (typeof members.op === 'string') return this.line.call(message);
      const frame = clientFrame(members);
      if (this.leaving) throw new FrameFault('shutting_down', 'zd is stopping.', frame.req_id);
      if (this.requests >= MAX_REQUESTS) throw new FrameFault('too_many', `${MAX_REQUESTS} requests of this client are under way.`, frame.req_id);
      if (this.session === null && this.opening === null && frame.type !== 'attach') this.open(null);
      this.requests++;
      const answer = () => answerTo(this, frame);
      // Begun in the order in which they came: a cancel behind a message finds its turn.
      void (this.opening ? this.opening.then(answer) : answer())
        .catch((error: unknown) => this.fault(error, frame.req_id))
        .finally(() => this.requests--);
    } catch (error) {
      this.fault(error);
    }
  }

  /** Runs an operation as this client. Begins before it returns. */
  readonly call = async (op: string, input: Record<string, unknown>): Promise<Record<string, unknown>> => {
    const caller = this.line.renewed();
    if (!caller) throw new FrameFault('unauthorized', 'The token of this connection is no longer valid.');
    return this.deps.dispatcher.run({ op, input, caller: { ...caller, client: this.client }, signal: this.line.signal, requestId: requestId() });
  };

  /** Throws `no_such_session`, `scope_denied`. */
  attach(session: string, since: SessionSince, mode: Mode, reqId?: ReqId, attached?: () => ServerFrame): void {
    const caller = this.line.renewed();
    if (!caller) return;
    requireScope(caller, 'session.read');
    const following = new AbortController();
    const batches = this.sessions.batches(session, since, following.signal);
    this.following?.abort();
    this.following = following;
    this.mode = mode;
    if (this.session === session) this.room?.changed(this);
    else {
      this.leaveRoom();
      this.session = session;
      this.room = this.deps.rooms.enter(session, this);
    }
    if (attached) this.tell(attached(), reqId);
    void this.pump(batches, following.signal);
  }

  private detach(): void {
    this.following?.abort();
    this.following = null;
    this.leaveRoom();
    this.drained();
  }

  private leaveRoom(): void {
    if (this.session !== null) this.deps.rooms.leave(this.session, this);
    this.session = null;
    this.room = null;
  }

  /** More is read only while the client has room. */
  private async pump(batches: AsyncGenerator<readonly SessionEvent[]>, signal: AbortSignal): Promise<void> {
    try {
      for await (const batch of batches) {
        if (signal.aborted) return;
        this.ws.cork(() => {
          for (const event of batch) this.ws.send(this.textOf(event));
        });
        while (!signal.aborted && this.ws.getBufferedAmount() > WINDOW_BYTES) await new Promise<void>((resolve) => this.roomAgain.push(resolve));
        if (signal.aborted) return;
      }
    } catch (error) {
      this.fault(error);
    }
    if (signal.aborted) return;
    // Its session is gone, or zd stops.
    this.detach();
    if (this.leaving) this.line.end(GOING_AWAY, 'stopping');
  }

  /** As everybody gets it; what only this client has to know in the words that clients of one session know. */
  private textOf(event: SessionEvent): string {
    if (event.type !== 'lag' && event.type !== 'gap') return event.frame();
    const { type: code, data, session, ts } = event;
    const message =
      code === 'lag'
        ? `[client lagged — ${Number(data.waiting)} message(s) late, none dropped]`
        : `[${Number(data.missed)} message(s) are no longer kept]`;
    return serverFrame({ ...data, type: 'system', message, code }, session, ts);
  }

  tell(frame: ServerFrame, reqId?: ReqId): void {
    if (!this.line.signal.aborted) this.ws.send(serverFrame(frame, this.session, this.deps.dispatcher.services.clock.now(), reqId));
  }

  fault(error: unknown, reqId?: ReqId): void {
    const known = faultFrame(error);
    if (!known) this.deps.log.error('session viewer failed', { session: this.session, error });
    this.tell(known?.frame ?? { type: 'error', message: 'zd failed; its log says why.', code: 'internal' }, reqId ?? known?.reqId);
  }

  drained(): void {
    const waiting = this.roomAgain;
    this.roomAgain = [];
    for (const go of waiting) go();
  }

  /** Hears the session's last words, within bounds. */
  drain(): void {
    this.leaving = true;
    if (this.room) this.room.closing = true;
    if (this.following === null) return this.line.end(GOING_AWAY, 'stopping');
    setTimeout(() => this.line.end(GOING_AWAY, 'stopping'), LAST_WORDS_MS).unref();
  }
}
