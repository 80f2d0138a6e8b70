import { afterAll } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { attest } from '../../src/areas/mesh/wire/attestation';
import { DirectBox } from '../../src/areas/mesh/wire/box';
import { inviteLink, ownerRequestText, parseInvite, signInvite, type InvitePayload } from '../../src/areas/mesh/wire/invite';
import { lookupOf } from '../../src/areas/mesh/wire/invite_v2';
import { newIdentity, newSymmetricKey, type Identity } from '../../src/areas/mesh/wire/keys';
import { sign, SIGNED } from '../../src/areas/mesh/wire/signature';
import { loadSodium } from '../../src/areas/mesh/wire/sodium';
import { cleanEnv, tempHome, ZD } from './daemon';
import { until } from './until';

export const sodium = await loadSodium();
export const box = new DirectBox(sodium);

export interface Seat {
  readonly meshId: string;
  readonly memberId: string;
  readonly keys: Identity;
  readonly name: string;
}

export interface Mesh {
  readonly id: string;
  readonly slug: string;
  readonly owner: Seat;
  readonly rootKey: string;
}

const running = new Set<TestBroker>();

/** A real `zd broker` in a home of its own. */
export class TestBroker {
  private child: Bun.Subprocess | undefined;
  private port = 0;
  url = '';

  constructor(
    readonly home: string,
    private readonly args: readonly string[],
    private readonly command: readonly string[],
  ) {}

  get folder(): string {
    return join(this.home, 'broker');
  }

  get http(): string {
    return this.url.replace(/^ws/, 'http').replace(/\/ws$/, '');
  }

  get token(): string {
    return readFileSync(join(this.folder, 'token'), 'utf8').trim();
  }

  get pid(): number {
    return this.child!.pid;
  }

  log(): string {
    const file = join(this.folder, 'broker.log');
    return existsSync(file) ? readFileSync(file, 'utf8') : '';
  }

  /** On the port it had before, so clients find it again. */
  async start(env: Readonly<Record<string, string>> = {}): Promise<this> {
    const child = Bun.spawn([...this.command, 'broker', '--listen', `127.0.0.1:${this.port}`, '--json', ...this.args], {
      env: cleanEnv(this.home, env),
      cwd: this.home,
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'ignore',
    });
    this.child = child;
    running.add(this);
    const record = await until('the broker listens', () => {
      if (child.exitCode !== null) throw new Error(`zd broker ended with ${child.exitCode}: ${this.log()}`);
      const file = join(this.folder, 'broker.json');
      const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
      const read = text === '' ? null : (JSON.parse(text) as { pid: number; url: string });
      return read?.pid === child.pid ? read : undefined;
    });
    this.url = record.url;
    this.port = Number(new URL(record.url).port);
    return this;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    this.child!.kill(signal);
    const code = await this.child!.exited;
    running.delete(this);
    return code;
  }

  async ended(): Promise<number> {
    return this.child!.exited;
  }

  async post(path: string, body: object | string, headers: Record<string, string> = {}): Promise<{ status: number; body: any }> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${this.http}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: text });
    return { status: response.status, body: await response.json().catch(() => null) };
  }

  /** A request as the owner signs it. */
  owned(
    action: string,
    meshId: string,
    path: string,
    body: object,
    owner: Identity,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: any }> {
    const text = JSON.stringify(body);
    const timestamp = Date.now();
    const signature = sign(sodium, ownerRequestText(action, meshId, text, timestamp), owner.secretKey);
    return this.post(path, text, { 'x-zd-timestamp': String(timestamp), 'x-zd-signature': signature, ...headers });
  }

  async mesh(slug = 'team'): Promise<Mesh> {
    const keys = newIdentity(sodium);
    const body = { slug, owner_pubkey: keys.publicKey, display_name: 'Owner' };
    const reply = await this.owned('create', '', '/meshes', body, keys, { authorization: `Bearer ${this.token}` });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return {
      id: reply.body.mesh_id,
      slug,
      owner: { meshId: reply.body.mesh_id, memberId: reply.body.member_id, keys, name: 'Owner' },
      rootKey: newSymmetricKey(sodium),
    };
  }

  /** An invitation of version 1, and its link. */
  async invite(
    mesh: Mesh,
    over: Partial<InvitePayload> & { max_uses?: number } = {},
  ): Promise<{ payload: InvitePayload; token: string; link: string }> {
    const { max_uses = 100, ...given } = over;
    const payload = signInvite(
      sodium,
      {
        ...{ v: 1, mesh_id: mesh.id, mesh_slug: mesh.slug, broker_url: this.url, expires_at: Math.floor(Date.now() / 1000) + 3600 },
        ...{ mesh_root_key: mesh.rootKey, role: 'member', owner_pubkey: mesh.owner.keys.publicKey, ...given },
      },
      mesh.owner.keys.secretKey,
    );
    const { token } = parseInvite(inviteLink(payload))!;
    const { role, expires_at, signature } = payload;
    const body = { version: 1, invite_id: crypto.randomUUID().replaceAll('-', ''), lookup: lookupOf(token), role, expires_at, max_uses, signature };
    const reply = await this.owned('invite', mesh.id, `/meshes/${mesh.id}/invites`, body, mesh.owner.keys);
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return { payload, token, link: inviteLink(payload) };
  }

  async member(mesh: Mesh, name: string, role: 'admin' | 'member' = 'member'): Promise<Seat> {
    const { payload, token } = await this.invite(mesh, { role });
    const keys = newIdentity(sodium);
    const reply = await this.post('/join', { invite_token: token, invite_payload: payload, peer_pubkey: keys.publicKey, display_name: name });
    if (reply.status !== 200) throw new Error(JSON.stringify(reply));
    return { meshId: mesh.id, memberId: reply.body.memberId, keys, name };
  }

  async metrics(): Promise<Map<string, number>> {
    const text = await (await fetch(`${this.http}/metrics`)).text();
    return new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ') + 1))]),
    );
  }

  /** How often something was refused with this code. */
  async refused(code: string): Promise<number> {
    return (await this.metrics()).get(`zd_broker_refused_total{code="${code}"}`) ?? 0;
  }
}

/** Starts a broker; it is ended when the test file is over. `command` runs it as another program. */
export const startBroker = async (
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
  command: readonly string[] = ZD,
): Promise<TestBroker> => new TestBroker(tempHome(), args, command).start(env);

afterAll(() => {
  for (const broker of running) {
    try {
      process.kill(broker.pid, 'SIGKILL');
    } catch {
      // It ended by itself just now.
    }
  }
  running.clear();
});

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
    if (this.acknowledges && frame.type === 'push' && frame.senderPubkey !== 'system') this.acknowledge(frame);
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
