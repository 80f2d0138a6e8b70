import { attest } from '../../src/areas/mesh/wire/attestation';
import type { Identity } from '../../src/areas/mesh/wire/keys';
import { sign, SIGNED } from '../../src/areas/mesh/wire/signature';
import { sodium, type Seat } from './broker';
import { until } from './until';

export type Frame = Record<string, any>;

/** Frames of a member's hello, signed now. */
export const helloOf = (seat: Seat, over: Frame = {}, timestamp = Date.now()): Frame => ({
  ...{ type: 'hello', meshId: seat.meshId, memberId: seat.memberId, pubkey: seat.keys.publicKey, displayName: seat.name },
  ...{ sessionId: `daemon-${seat.name}`, pid: 1, cwd: '/', hostname: 'h', peerType: 'ai', channel: 'claudemesh-daemon', timestamp },
  signature: sign(sodium, SIGNED.hello(seat.meshId, seat.memberId, seat.keys.publicKey, timestamp), seat.keys.secretKey),
  ...over,
});

export const sessionHelloOf = (seat: Seat, session: Identity, over: Frame = {}, now = Date.now()): Frame => ({
  ...{ type: 'session_hello', meshId: seat.meshId, parentMemberId: seat.memberId, parentMemberPubkey: seat.keys.publicKey },
  ...{ sessionPubkey: session.publicKey, parentAttestation: attest(sodium, seat.keys, session.publicKey, now) },
  ...{ displayName: `${seat.name}-session`, sessionId: crypto.randomUUID(), pid: 2, cwd: '/src', channel: 'claudemesh-session', timestamp: now },
  signature: sign(sodium, SIGNED.sessionHello(seat.meshId, seat.keys.publicKey, session.publicKey, now), session.secretKey),
  ...over,
});

let number = 0;

/** A raw WebSocket to a broker, without any of the daemon's link: it keeps what comes and acknowledges when told to. */
export class RawClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | null = null;
  acknowledges = true;
  onPush: (push: Frame) => void = () => undefined;
  private readonly ws: WebSocket;
  private constructor(url: string) {
    this.ws = new WebSocket(url);
    this.ws.addEventListener('message', ({ data }) => this.received(JSON.parse(String(data)) as Frame));
    this.ws.addEventListener('close', ({ code, reason }) => (this.closed = { code, reason }));
  }

  static async open(url: string): Promise<RawClient> {
    const client = new RawClient(url);
    await until('the socket is open', () => client.ws.readyState === WebSocket.OPEN || client.closed);
    return client;
  }

  /** Connected, greeted and let in. */
  static async join(broker: { url: string }, seat: Seat, over: Frame = {}): Promise<RawClient> {
    const client = await RawClient.open(broker.url);
    client.send(helloOf(seat, over));
    await client.next('hello_ack');
    return client;
  }

  static async session(broker: { url: string }, seat: Seat, session: Identity, over: Frame = {}): Promise<RawClient> {
    const client = await RawClient.open(broker.url);
    client.send(sessionHelloOf(seat, session, over));
    await client.next('hello_ack');
    return client;
  }

  private received(frame: Frame): void {
    this.frames.push(frame);
    if (frame.type !== 'push' || frame.senderPubkey === 'system') return;
    this.onPush(frame);
    if (this.acknowledges) this.acknowledge(frame);
  }

  acknowledge({ messageId, client_message_id }: Frame): void {
    this.send({ type: 'client_ack', clientMessageId: client_message_id, brokerMessageId: messageId });
  }

  send(frame: Frame | string): void {
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  sendBytes(bytes: Uint8Array<ArrayBuffer>): void {
    this.ws.send(bytes);
  }

  /** The first frame of this type, or that this says yes to. */
  next(what: string | ((frame: Frame) => boolean)): Promise<Frame> {
    const fits = typeof what === 'string' ? (frame: Frame) => frame.type === what : what;
    return until(`a frame ${String(what)}; there came ${JSON.stringify(this.frames.slice(-5))}`, () => {
      const found = this.frames.find(fits);
      if (!found && this.closed)
        throw new Error(`closed ${JSON.stringify(this.closed)} without a frame ${String(what)}: ${JSON.stringify(this.frames)}`);
      return found;
    });
  }

  /** Sends a request and waits for its own answer. */
  ask(frame: Frame): Promise<Frame> {
    const id = `r-${++number}`;
    this.send({ _reqId: id, ...frame });
    return this.next((answer) => answer._reqId === id);
  }

  /** Sends a message and waits for its acknowledgement. `key` is the id of the sender. */
  async post(targetSpec: string, body: { nonce: string; ciphertext: string }, over: Frame = {}): Promise<Frame> {
    const id = (over.client_message_id as string | undefined) ?? `k-${++number}-${crypto.randomUUID()}`;
    const _reqId = `s-${++number}`;
    this.send({ type: 'send', id, client_message_id: id, targetSpec, priority: 'next', ...body, ...over, _reqId });
    return this.next((answer) => answer._reqId === _reqId);
  }

  pushes(): Frame[] {
    return this.frames.filter(({ type, senderPubkey }) => type === 'push' && senderPubkey !== 'system');
  }

  news(event: string): Frame[] {
    return this.frames.filter((frame) => frame.type === 'push' && frame.event === event);
  }

  /** The refusal, and the close that follows it. */
  async refusal(): Promise<{ code: string; close: number }> {
    const closed = await until('the broker closes', () => this.closed);
    return { code: (this.frames.find(({ type }) => type === 'error')?.code as string | undefined) ?? '', close: closed.code };
  }

  async close(): Promise<void> {
    this.ws.close();
    await until('the socket is closed', () => this.closed);
  }
}
