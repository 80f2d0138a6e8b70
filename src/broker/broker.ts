import type { BrokerFrame } from '../areas/mesh/wire/frames_broker';
import type { ClientFrame } from '../areas/mesh/wire/frames_client';
import { CLOSE } from '../areas/mesh/wire/limits';
import { parseClientFrame, type Refusal } from '../areas/mesh/wire/parse';
import type { Sodium } from '../areas/mesh/wire/sodium';
import type { Clock } from '../kernel/clock';
import { ZdError } from '../kernel/error';
import type { Logger } from '../kernel/log';
import type { Db } from '../storage/db';
import type { Connection } from './connection';
import type { Counters } from './counters';
import type { Courier } from './courier';
import type { EndpointStore } from './endpoint_store';
import type { Handshake } from './handshake';
import type { Limiter } from './limiter';
import type { MeshStore } from './mesh_store';
import type { MessageStore } from './message_store';
import type { NoteStore } from './note_store';
import type { Presence } from './presence';
import type { Presences } from './presences';
import type { Receipts } from './receipts';
import { handlerOf } from './frames/handlers';
import { BOUNDS, TIMES, type BrokerSettings } from './settings';
import type { TopicStore } from './topic_store';

/** What frames are answered with. */
export interface BrokerDeps {
  readonly db: Db;
  readonly meshes: MeshStore;
  readonly endpoints: EndpointStore;
  readonly messages: MessageStore;
  readonly topics: TopicStore;
  readonly notes: NoteStore;
  readonly presences: Presences;
  readonly courier: Courier;
  readonly receipts: Receipts;
  readonly limiter: Limiter;
  readonly handshake: Handshake;
  readonly counters: Counters;
  readonly sodium: Sodium;
  readonly settings: BrokerSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A request that is refused: the client gets the code, nothing else changes. */
export class FrameRefused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Somebody who said hello, and what they ask. */
export interface Asked<F> {
  readonly peer: Presence;
  readonly connection: Connection;
  readonly frame: F;
  /** Answers under the request's own numbers. */
  reply(frame: BrokerFrame): void;
}

/** What needs no order among itself, so that their writes share commits. */
const FREE: ReadonlySet<ClientFrame['type']> = new Set(['send', 'client_ack', 'message_seen', 'receipts_ack']);

/** Every connection of the broker: what it says is checked, counted and handed to whoever answers it. Nothing it says can end the broker. */
export class Broker {
  private readonly connections = new Set<Connection>();

  constructor(readonly deps: BrokerDeps) {}

  opened(connection: Connection): void {
    this.connections.add(connection);
    this.deps.counters.add('connections');
    if ([...this.connections].filter(({ presence }) => !presence).length > BOUNDS.strangers) this.end(connection, 'too_many_strangers');
  }

  private end(connection: Connection, code: string): void {
    this.deps.counters.refused(code);
    connection.close(CLOSE.refused, code);
  }

  closed(connection: Connection): void {
    this.connections.delete(connection);
    this.deps.presences.left(connection);
    connection.closed();
  }

  get open(): number {
    return this.connections.size;
  }

  inFlight(): number {
    let sum = 0;
    for (const { inFlight } of this.connections) sum += inFlight.size;
    return sum;
  }

  async received(connection: Connection, raw: string | Uint8Array): Promise<void> {
    this.deps.counters.add('frames');
    const { frame, refused } = parseClientFrame(raw);
    if (refused) {
      this.refuse(connection, refused);
      if (refused.code !== 'unknown_message_type' && ++connection.faults >= BOUNDS.faults) this.end(connection, 'too_many_faults');
      return;
    }
    connection.faults = 0;
    if (connection.requests >= BOUNDS.requests)
      return this.refuse(connection, { ...frame, code: 'busy', message: 'too many requests are under way' });
    connection.requests++;
    try {
      // Those who wait for one barrier go on in their order, so nobody overtakes.
      while (connection.barrier) await connection.barrier;
      const answered = this.answer(connection, frame).catch((error: unknown) => this.failed(connection, frame, error));
      if (FREE.has(frame.type)) await answered;
      else {
        connection.barrier = answered;
        await answered;
        connection.barrier = null;
      }
    } finally {
      connection.requests--;
    }
  }

  private async answer(connection: Connection, frame: ClientFrame): Promise<void> {
    if (frame.type === 'hello' || frame.type === 'session_hello' || frame.type === 'hello_proof') return this.deps.handshake.hello(connection, frame);
    const { presence } = connection;
    if (!presence) throw new FrameRefused('no_hello', 'say hello first');
    const { id = '', _reqId } = frame;
    const reply = (answer: BrokerFrame) => {
      const own = { ...(answer.type === 'ack' ? { id } : {}), ...(_reqId === undefined ? {} : { _reqId }) };
      connection.send(JSON.stringify({ ...answer, ...own }));
    };
    const asked: Asked<ClientFrame> = { peer: presence, connection, frame, reply };
    await handlerOf(frame.type)(this.deps, asked as never);
  }

  private failed(connection: Connection, frame: ClientFrame, error: unknown): void {
    const known = error instanceof FrameRefused || error instanceof ZdError;
    if (!known) this.deps.log.error('a frame could not be answered', { type: frame.type, error });
    this.refuse(connection, { ...frame, code: known ? error.code : 'internal', message: known ? error.message : 'the broker failed' });
  }

  private refuse(connection: Connection, { type, code, message, id, _reqId }: Omit<Refusal, 'code'> & { code: string }): void {
    this.deps.counters.refused(code);
    const numbers = { ...(id === undefined ? {} : { id }), ...(_reqId === undefined ? {} : { _reqId }) };
    // Whoever sends a message waits for its acknowledgement, and looks at nothing else.
    if (type === 'send' && connection.presence && id !== undefined)
      connection.send({ type: 'ack', ...numbers, messageId: '', queued: false, error: `${code}: ${message}` });
    else connection.send({ type: 'error', code, message, ...numbers });
  }

  /** Ends what has had its time: silent strangers, pushes nobody acknowledged, peers whose grace is over. */
  sweep(): void {
    const { clock, courier, presences, limiter, receipts } = this.deps;
    const now = clock.monotonic();
    for (const connection of this.connections) {
      if (!connection.presence && connection.openedAt + TIMES.hello < now) this.end(connection, 'no_hello');
      else {
        courier.sweep(connection);
        receipts.sweep(connection);
      }
    }
    presences.sweep();
    limiter.sweep(now, TIMES.purge);
  }

  /** Tells every client to come back later. */
  close(): void {
    for (const connection of this.connections) connection.close(1001, 'shutting_down');
  }
}
