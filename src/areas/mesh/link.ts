import type { Clock } from '../../kernel/clock';
import { Calls } from './calls';
import { NoAnswer } from './link_error';
import { linkEnd, reconnectMs, type LinkEnd } from './link_end';
import { readNegotiation, type Negotiated, FEATURES } from './wire/features';
import type { BrokerFrame, BrokerFrameOf, BrokerFrameType } from './wire/frames_broker';
import { CLOSE } from './wire/limits';
import { parseBrokerFrame } from './wire/parse';

export type LinkState = 'connecting' | 'open' | 'reconnecting' | 'closed';

/** What a broker offers; a broker that does not negotiate offers nothing. */
export type Features = Exclude<Negotiated, { fault: object }>;
export const LEGACY: Features = { dedupe: null, inlineBytes: null, signed: false, seen: false };

export interface LinkOptions {
  readonly url: string;
  /** The hello of now, signed. */
  hello(): Promise<object>;
  /** The answer to a challenge. */
  proof(nonce: string): Promise<string>;
  state(state: LinkState): void;
  frame(frame: BrokerFrame): void;
  /** A frame that is none, by its code. */
  refused(code: string): void;
  readonly clock: Clock;
  firstRetryMs(): number;
}

const HELLO_MS = 5000;
const CONNECT_MS = 10_000;
const RPC_MS = 5000;
const PING_EVERY_MS = 30_000;
const STALE_MS = 75_000;
const REQUESTED = [FEATURES.dedupe, FEATURES.maxPayload, FEATURES.signed, FEATURES.seen];

/** One WebSocket to a broker, made anew whenever it ends until it is stopped or the broker says never to come back. */
export class Link {
  state: LinkState = 'closed';
  /** Why it is not open. */
  reason: string | null = null;
  /** No further attempt is made. */
  ended = false;
  features: Features = LEGACY;
  /** Since when it is open, in milliseconds since the epoch. */
  openSince: number | null = null;
  private socket: WebSocket | null = null;
  private timer: Timer | undefined;
  private watchdog: Timer | undefined;
  private attempt = 0;
  private heard = 0;
  private refusal: string | null = null;
  /** A broker that challenges also negotiates, and is waited for. */
  private challenged = false;
  private greeted = false;
  /** What came between the hello's answer and the end of the negotiation: it is taken when the link is open. */
  private early: BrokerFrame[] = [];
  private stopped = true;
  private readonly calls = new Calls();
  private readonly awaited = new Set<() => void>();

  constructor(private readonly options: LinkOptions) {}

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.ended = false;
    this.attempt = 0;
    this.connect();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    const { socket } = this;
    this.socket = null;
    socket?.close(1000);
    this.closed('stopped', 'closed');
  }

  /** Resolves when the first attempt has come to something, or the time is over: who was let in just now is there in a moment. */
  async settled(ms: number): Promise<void> {
    if (this.state === 'open' || this.reason !== null) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.awaited.add(resolve);
    const timer = setTimeout(resolve, ms);
    await promise;
    clearTimeout(timer);
    this.awaited.delete(resolve);
  }

  /** False when it is not open; nothing is kept then. */
  send(frame: object): boolean {
    if (this.state !== 'open' || !this.socket) return false;
    this.socket.send(JSON.stringify(frame));
    return true;
  }

  /** Asks the broker; rejects with `NoAnswer`, or with the code of its error. */
  request<T extends BrokerFrameType>(frame: { readonly type: string } & Record<string, unknown>, timeoutMs = RPC_MS): Promise<BrokerFrameOf<T>> {
    const id = this.calls.next();
    // Correlation stands in `_reqId`, and for what concerns topics in `id`.
    return this.send({ ...frame, _reqId: id, id }) ? this.calls.wait(id, timeoutMs) : Promise.reject(new NoAnswer('not connected'));
  }

  private connect(): void {
    this.enter(this.attempt === 0 ? 'connecting' : 'reconnecting');
    this.refusal = null;
    this.challenged = this.greeted = false;
    this.early = [];
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.options.url);
    } catch (error) {
      return this.again({ kind: 'later', reason: `the address is not usable: ${(error as Error).message}` });
    }
    this.socket = socket;
    const mine = (run: () => void) => () => void (this.socket === socket && run());
    this.timer = setTimeout(
      mine(() => this.fail('the broker did not answer in time')),
      CONNECT_MS,
    );
    socket.onopen = mine(() => void this.greet(socket));
    socket.onmessage = ({ data }) => void (this.socket === socket && this.read(data));
    socket.onclose = ({ code, reason }) => void (this.socket === socket && this.lost(code, reason));
    for (const sign of ['ping', 'pong'] as const)
      socket.addEventListener(
        sign as 'message',
        mine(() => (this.heard = performance.now())),
      );
  }

  private async greet(socket: WebSocket): Promise<void> {
    try {
      const hello = await this.options.hello();
      if (this.socket !== socket) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.fail('the broker did not answer the hello in time'), HELLO_MS);
      socket.send(JSON.stringify(hello));
    } catch (error) {
      this.fail(`the hello could not be made: ${(error as Error).message}`);
    }
  }

  private read(data: unknown): void {
    this.heard = performance.now();
    const { frame, refused } = parseBrokerFrame(data as string);
    if (!frame) {
      this.options.refused(refused.code);
      // Whoever waits for it hears at once that it is none.
      const id = refused._reqId ?? refused.id;
      if (id !== undefined) this.calls.fail(id, `the answer is no frame: ${refused.message}`);
      return;
    }
    if (this.state !== 'open') return this.shake(frame);
    if (this.calls.answered(frame)) return;
    if (frame.type === 'feature_negotiation_response') this.negotiated(frame);
    else this.options.frame(frame);
  }

  private shake(frame: BrokerFrame): void {
    const { socket } = this;
    switch (frame.type) {
      case 'hello_challenge':
        this.challenged = true;
        this.options.proof(frame.nonce).then(
          (signature) => void (this.socket === socket && socket?.send(JSON.stringify({ type: 'hello_proof', signature }))),
          (error: Error) => this.fail(error.message),
        );
        return;
      case 'hello_ack':
        this.greeted = true;
        socket?.send(JSON.stringify({ type: 'feature_negotiation_request', require: [], optional: REQUESTED }));
        if (!this.challenged) this.opened();
        return;
      case 'feature_negotiation_response':
        if (this.negotiated(frame)) this.opened();
        return;
      case 'error':
        this.refusal = frame.code;
        return;
      default:
        if (this.greeted) this.early.push(frame);
    }
  }

  private negotiated(frame: BrokerFrameOf<'feature_negotiation_response'>): boolean {
    const result = readNegotiation(frame);
    if (result.fault) {
      this.socket?.close(CLOSE.featureUnavailable, JSON.stringify(result.fault).slice(0, 120));
      this.lost(CLOSE.featureUnavailable, `${result.fault.kind}: ${result.fault.feature}`);
      return false;
    }
    this.features = result;
    return true;
  }

  private opened(): void {
    clearTimeout(this.timer);
    this.attempt = 0;
    this.openSince = this.options.clock.now();
    this.watchdog = setInterval(() => {
      if (performance.now() - this.heard > STALE_MS) this.fail('the broker fell silent');
      else (this.socket as unknown as { ping(): void } | null)?.ping();
    }, PING_EVERY_MS);
    this.enter('open');
    for (const frame of this.early.splice(0)) this.options.frame(frame);
  }

  /** Ends the socket from our side: it is broken, or will never be ready. */
  fail(reason: string): void {
    const { socket } = this;
    if (!socket) return;
    this.socket = null;
    (socket as unknown as { terminate(): void }).terminate();
    this.again({ kind: 'again', reason });
  }

  private lost(code: number, text: string): void {
    this.socket = null;
    this.again(linkEnd(code, text, this.state === 'open' ? null : this.refusal));
  }

  private again(end: LinkEnd): void {
    clearTimeout(this.timer);
    if (this.stopped) return;
    this.ended = end.kind === 'never';
    this.closed(end.reason, this.ended ? 'closed' : 'reconnecting');
    if (this.ended) return;
    this.timer = setTimeout(() => this.connect(), reconnectMs(this.attempt++, this.options.firstRetryMs(), end, Math.random()));
  }

  private closed(reason: string, state: LinkState): void {
    clearInterval(this.watchdog);
    this.reason = reason;
    this.openSince = null;
    this.features = LEGACY;
    this.calls.failAll(`the link broke: ${reason}`);
    this.enter(state);
  }

  private enter(state: LinkState): void {
    if (state === this.state) return;
    this.state = state;
    if (state === 'open') this.reason = null;
    if (state === 'open' || this.reason !== null) for (const each of this.awaited) each();
    this.options.state(state);
  }
}
