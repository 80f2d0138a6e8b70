import type { Connection } from '../../kernel/connection';
import { Mailbox } from './mailbox';

interface Joined {
  readonly mailbox: Mailbox;
  readonly client: number;
  /** 0: it belongs to no shell. */
  shell: number;
}

/** The live connections that registered, and whose they are. */
export class Mailboxes {
  private readonly joined = new Map<Connection, Joined>();
  private clients = 0;
  private stopped = false;

  nextClient(): number {
    return ++this.clients;
  }

  /** The client number of the connection; it may come again as another shell. */
  join(connection: Connection, shell: number): number {
    const known = this.joined.get(connection);
    if (known) {
      known.shell = shell;
      return known.client;
    }
    const mailbox = new Mailbox();
    const client = this.nextClient();
    if (connection.signal.aborted || this.stopped) return client;
    this.joined.set(connection, { mailbox, client, shell });
    const leave = () => {
      this.joined.delete(connection);
      mailbox.end(null);
    };
    connection.signal.addEventListener('abort', leave, { once: true });
    connection.attach(mailbox.read(), 'shell.write');
    return client;
  }

  count(shell: number): number {
    let count = 0;
    for (const each of this.joined.values()) if (each.shell === shell) count++;
    return count;
  }

  /** Queues a frame to every connection that fits; how many took it. */
  push(fits: (shell: number, connection: Connection) => boolean, event: string, data: object): number {
    let taken = 0;
    for (const [connection, { shell, mailbox }] of this.joined) if (fits(shell, connection) && mailbox.push(event, data)) taken++;
    return taken;
  }

  /** Connections of a shell that is gone stay, as those of nobody. */
  orphan(shell: number): void {
    for (const each of this.joined.values()) if (each.shell === shell) each.shell = 0;
  }

  stop(): void {
    this.stopped = true;
    for (const { mailbox } of this.joined.values()) mailbox.end({ event: 'shutdown', data: { reason: 'stopping' } });
  }
}
