import type { Clock } from '../kernel/clock';
import type { Db } from '../storage/db';
import type { Connection } from './connection';
import type { Counters } from './counters';
import type { MessageStore, Waiting } from './message_store';
import { keysOf } from './presence';
import type { Roster } from './roster';
import { TIMES } from './settings';

const PAGE = 64;

/**
 * Brings messages to those they wait for, oldest first: at once to a client that has all earlier ones, page by page from the database to
 * one that has not. What a client does not acknowledge stays with the broker, whatever becomes of the connection.
 */
export class Courier {
  /** How many messages wait for a key, as far as somebody asked. */
  private readonly depths = new Map<string, number>();

  constructor(
    private readonly db: Db,
    private readonly store: MessageStore,
    private readonly roster: Roster,
    private readonly counters: Counters,
    private readonly clock: Clock,
  ) {}

  /** Tells of a message that was committed just now. Called in the order of the numbers. */
  posted(meshId: string, message: Waiting, recipients: readonly string[], except: Connection | null): void {
    for (const recipient of recipients)
      for (const { connection } of this.roster.served(meshId, recipient))
        if (connection && connection !== except) this.offer(connection, message, recipient);
  }

  /** Takes a place for one message in the queue of each recipient; false, and none taken, when one is full. What is not stored then is given back. */
  reserve(meshId: string, recipients: readonly string[], most: number): boolean {
    if (recipients.some((recipient) => this.depth(meshId, recipient) >= most)) return false;
    this.shift(meshId, recipients, 1);
    return true;
  }

  release(meshId: string, recipients: readonly string[]): void {
    this.shift(meshId, recipients, -1);
  }

  private shift(meshId: string, recipients: readonly string[], by: number): void {
    for (const recipient of recipients) {
      const name = `${meshId}/${recipient}`;
      const depth = this.depths.get(name);
      if (depth !== undefined) this.depths.set(name, depth + by);
    }
  }

  /** How many messages wait for a key. */
  private depth(meshId: string, recipient: string): number {
    const name = `${meshId}/${recipient}`;
    let depth = this.depths.get(name);
    if (depth === undefined) this.depths.set(name, (depth = this.store.waits(meshId, recipient)));
    return depth;
  }

  private offer(connection: Connection, message: Waiting, recipient: string): void {
    // A page that was read since has brought it already.
    if (!connection.caughtUp || message.seq <= connection.cursor) return;
    if (!this.wants(connection, message)) {
      connection.cursor = message.seq;
      return;
    }
    if (connection.hasRoom) this.push(connection, message, recipient);
    else connection.caughtUp = false;
  }

  private wants({ presence }: Connection, { priority }: Waiting): boolean {
    return presence!.status === 'idle' || priority === 'now';
  }

  private push(connection: Connection, message: Waiting, recipient: string): void {
    connection.cursor = Math.max(connection.cursor, message.seq);
    const { id, seq, frame } = message;
    if (connection.inFlight.has(id) || !connection.send(frame)) return;
    const patience = Math.min(TIMES.claimMost, TIMES.claim * 2 ** connection.repeats);
    connection.pushed({ id, seq, recipient, bytes: frame.length, expires: this.clock.monotonic() + patience });
    this.counters.add('pushed');
  }

  /** Sends what waits for this client, as much as it has room for. */
  pump(connection: Connection): void {
    const { presence } = connection;
    if (!presence) return;
    const urgentOnly = presence.status !== 'idle';
    while (!connection.caughtUp && connection.hasRoom) {
      const rows = keysOf(presence)
        .flatMap((key) => this.store.waiting(presence.meshId, key, connection.cursor, urgentOnly, PAGE).map((row) => ({ row, key })))
        .toSorted((a, b) => a.row.seq - b.row.seq)
        .slice(0, PAGE);
      let at = 0;
      for (; at < rows.length && connection.hasRoom; at++) this.push(connection, rows[at]!.row, rows[at]!.key);
      connection.caughtUp = at === rows.length && rows.length < PAGE;
    }
  }

  /** Looks at everything that waits once more: the status changed, or the client is here anew. */
  rewind(connection: Connection): void {
    connection.cursor = 0;
    connection.caughtUp = false;
    this.pump(connection);
  }

  /** An acknowledgement counts for the acknowledging peer alone; resolves when it is stored. */
  async acknowledged(connection: Connection, brokerMessageId: string | null, clientMessageId: string | null): Promise<void> {
    const { presence } = connection;
    if (!presence) return;
    const id = brokerMessageId ?? this.findByClientId(connection, clientMessageId);
    if (id === null) return this.counters.add('stray_ack');
    const landed = connection.landed(id);
    connection.repeats = 0;
    const now = this.clock.now();
    const keys = landed ? [landed.recipient] : keysOf(presence);
    const delivered = await this.db.write(() => {
      const seq = landed?.seq ?? this.store.seqOf(id);
      return seq === null ? [] : keys.filter((key) => this.store.delivered(seq, key, now));
    }, 'normal');
    this.shift(presence.meshId, delivered, -1);
    if (delivered.length > 0) this.counters.add('delivered', delivered.length);
    else this.counters.add('stray_ack');
    this.pump(connection);
  }

  private findByClientId(connection: Connection, clientMessageId: string | null): string | null {
    if (clientMessageId === null) return null;
    const mark = `"client_message_id":${JSON.stringify(clientMessageId)}`;
    for (const { id, seq } of connection.inFlight.values()) if (this.store.frameOf(seq)?.includes(mark)) return id;
    return null;
  }

  /** Sends again what was not acknowledged in time. */
  sweep(connection: Connection): void {
    const now = this.clock.monotonic();
    const late = [...connection.inFlight.values()].filter(({ expires }) => expires <= now);
    if (late.length === 0) return;
    for (const { id } of late) connection.landed(id);
    connection.repeats++;
    this.counters.add('repeated', late.length);
    this.rewind(connection);
  }

  /** Depths are counted anew when they are asked for again. */
  forgetDepths(): void {
    this.depths.clear();
  }
}
