import { join } from 'node:path';
import type { Broker } from '../../src/broker/broker';
import { composeBroker } from '../../src/broker/compose';
import { Connection } from '../../src/broker/connection';
import { DEFAULTS, type BrokerSettings } from '../../src/broker/settings';
import { purge } from '../../src/broker/upkeep';
import { Db } from '../../src/storage/db';
import { brokerMigrations } from '../../src/storage/migrations';
import { newIdentity, type Identity } from '../../src/areas/mesh/wire/keys';
import { plainBody } from '../../src/areas/mesh/wire/open_body';
import { sodium, type Seat } from './broker';
import { tempHome } from './daemon';
import { helloOf, sessionHelloOf, type Frame } from './mesh_client';

const QUIET = { debug() {}, info() {}, warn() {}, error() {} };

/** A client without a network: what it would have got is in `frames`. */
export class FakeClient {
  readonly frames: Frame[] = [];
  closed: { code: number; reason: string } | null = null;
  /** What the socket has not taken yet. */
  buffered = 0;
  readonly connection: Connection;

  constructor(
    private readonly broker: Broker,
    now: number,
  ) {
    this.connection = new Connection('test', now);
    const socket = {
      send: (text: string) => this.frames.push(JSON.parse(text) as Frame),
      close: (code: number, reason: string) => {
        this.closed ??= { code, reason };
        broker.closed(this.connection);
      },
      getBufferedAmount: () => this.buffered,
    };
    this.connection.opened(socket as never);
    broker.opened(this.connection);
  }

  say(frame: Frame): Promise<void> {
    return this.broker.received(this.connection, JSON.stringify(frame));
  }

  /** The message's answer. */
  async post(target: string, key: string, over: Frame = {}): Promise<Frame> {
    await this.say({
      type: 'send',
      id: key,
      client_message_id: key,
      targetSpec: target,
      priority: 'next',
      ...plainBody(key),
      nonce: 'bm9uY2U=',
      ...over,
    });
    return this.frames.findLast(({ type, id }) => type === 'ack' && id === key)!;
  }

  acknowledge({ messageId }: Frame): Promise<void> {
    return this.say({ type: 'client_ack', brokerMessageId: messageId });
  }

  pushes(): string[] {
    return this.frames
      .filter(({ type, senderPubkey }) => type === 'push' && senderPubkey !== 'system')
      .map((push) => push.client_message_id as string);
  }

  news(event: string): number {
    return this.frames.filter((frame) => frame.event === event).length;
  }

  /** Its process died: the broker notices only the socket. */
  vanish(): void {
    this.broker.closed(this.connection);
  }
}

/** A broker on a clock of its own, with three members of one mesh. */
export class BrokerRig {
  wall = Date.now();
  mono = 0;
  broker: Broker;
  readonly seats: readonly [Seat, Seat, Seat];
  private readonly file = join(tempHome(), 'broker.db');
  private db: Db;

  constructor(private readonly settings: Partial<BrokerSettings> = {}) {
    [this.db, this.broker] = this.open();
    const { meshes } = this.broker.deps;
    const keys = newIdentity(sodium);
    meshes.addMesh({ id: 'mesh', slug: 'mesh', owner_pubkey: keys.publicKey, created_at: this.wall });
    this.seats = [this.seat('Ann'), this.seat('Bob'), this.seat('Cem')];
  }

  private open(): [Db, Broker] {
    const db = new Db(this.file, { migrations: brokerMigrations, durability: 'normal' });
    const clock = { now: () => this.wall, monotonic: () => this.mono };
    const settings = { ...DEFAULTS, host: '127.0.0.1', port: 0, publicUrl: null, ...this.settings };
    return [db, composeBroker({ db, settings, sodium, token: 'x', clock, log: QUIET }).broker];
  }

  /** A new process over the same database: every link is gone, and nothing of what was only in memory is left. */
  restart(): void {
    this.db.close();
    [this.db, this.broker] = this.open();
  }

  close(): void {
    this.db.close();
  }

  private seat(name: string): Seat {
    const keys = newIdentity(sodium);
    const member = {
      id: `id-${name}`,
      mesh_id: 'mesh',
      pubkey: keys.publicKey,
      display_name: name,
      role: 'member',
      joined_at: 0,
      revoked_at: null,
    } as const;
    this.broker.deps.meshes.addMember(member);
    return { meshId: 'mesh', memberId: member.id, keys, name };
  }

  async join(seat: Seat, over: Frame = {}): Promise<FakeClient> {
    const client = new FakeClient(this.broker, this.mono);
    await client.say(helloOf(seat, over, ++this.wall));
    return client;
  }

  async session(seat: Seat, keys: Identity): Promise<FakeClient> {
    const client = new FakeClient(this.broker, this.mono);
    await client.say(sessionHelloOf(seat, keys, {}, ++this.wall));
    return client;
  }

  stranger(): FakeClient {
    return new FakeClient(this.broker, this.mono);
  }

  /** Both clocks go on, and upkeep with them. */
  async pass(ms: number): Promise<void> {
    this.wall += ms;
    this.mono += ms;
    this.broker.sweep();
    await purge(this.broker);
  }
}
