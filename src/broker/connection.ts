import type { ServerWebSocket } from 'bun';
import { CLOSE } from '../areas/mesh/wire/limits';
import type { BrokerFrame } from '../areas/mesh/wire/frames_broker';
import type { Presence } from './presence';
import { BOUNDS } from './settings';

/** A push that this client has not acknowledged. */
export interface InFlight {
  readonly seq: number;
  readonly id: string;
  /** The key it waits for: the member's, or the session's own. */
  readonly recipient: string;
  readonly bytes: number;
  /** On the monotonic clock: when it is sent again. */
  readonly expires: number;
}

/** One WebSocket of a client. It knows what was pushed through it, and lets no client's slowness grow the broker. */
export class Connection {
  /** Set once the hello was accepted. */
  presence: Presence | null = null;
  /** A hello that waits for the proof of its key. */
  challenge: { readonly meshId: string; readonly nonce: string; readonly pubkey: string; readonly accept: () => Promise<void> } | null = null;
  /** A hello is being checked; a second one meanwhile is refused. */
  greeting = false;
  readonly inFlight = new Map<string, InFlight>();
  inFlightBytes = 0;
  /** Everything that waits up to this number was looked at. */
  cursor = 0;
  /** Nothing waits beyond `cursor`: new messages may be pushed as they come. */
  caughtUp = false;
  /** Times a message was sent again in a row. */
  repeats = 0;
  /** It has negotiated to hear who has seen its messages. */
  takesReceipts = false;
  /** On the monotonic clock: until when the receipts it was told of may be confirmed; null when there are none. */
  receiptsUntil: number | null = null;
  requests = 0;
  /** A request that those behind it must not overtake, until it is answered. */
  barrier: Promise<void> | null = null;
  faults = 0;
  private ws: ServerWebSocket<Connection> | null = null;

  constructor(
    readonly remote: string,
    readonly openedAt: number,
  ) {}

  opened(ws: ServerWebSocket<Connection>): void {
    this.ws = ws;
  }

  get isOpen(): boolean {
    return this.ws !== null;
  }

  /** False when it went nowhere. */
  send(frame: BrokerFrame | string): boolean {
    const { ws } = this;
    if (!ws) return false;
    if (ws.getBufferedAmount() > BOUNDS.socketBytes) {
      this.close(CLOSE.refused, 'slow_consumer');
      return false;
    }
    return ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame)) !== 0;
  }

  /** What may be missed: peers that come and go. False when the client is behind and was spared. */
  news(frame: string): boolean {
    return this.ws !== null && this.ws.getBufferedAmount() <= BOUNDS.newsBytes && this.send(frame);
  }

  get hasRoom(): boolean {
    return this.ws !== null && this.inFlight.size < BOUNDS.window && this.inFlightBytes < BOUNDS.windowBytes;
  }

  pushed(push: InFlight): void {
    this.inFlight.set(push.id, push);
    this.inFlightBytes += push.bytes;
  }

  /** Null when it was not under way here. */
  landed(id: string): InFlight | null {
    const push = this.inFlight.get(id) ?? null;
    if (push) {
      this.inFlight.delete(id);
      this.inFlightBytes -= push.bytes;
    }
    return push;
  }

  close(code: number, reason: string): void {
    const { ws } = this;
    this.ws = null;
    ws?.close(code, reason);
  }

  closed(): void {
    this.ws = null;
    this.inFlight.clear();
    this.inFlightBytes = 0;
  }
}
