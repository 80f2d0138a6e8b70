import type { Server } from 'bun';
import { existsSync, statSync } from 'node:fs';
import { failpoint } from '../kernel/failpoint';
import type { Part } from '../kernel/part';
import type { Http } from '../transport/http';
import { PROBE_PATH, PROBE_STATUS } from '../transport/probe';
import { listenTcp } from '../transport/tcp';
import { listenUnix } from '../transport/unix';
import { reachable, statusOf, type Door } from './answer';
import { prepareFolders } from './folders';
import type { Addresses } from './lifecycle';
import type { Paths } from './paths';
import type { Listen } from './values';

/** Questions in a row without an answer after which a listener is taken for dead. */
const MANY_REFUSALS = 3;

/** What the two listeners share: a server that may be replaced while requests of the old one are still under way. */
abstract class Listener {
  readonly essential = true;
  protected server: Server<unknown> | undefined;
  protected refusals = 0;
  private readonly replaced = new Set<Server<unknown>>();

  constructor(protected readonly http: Http) {}

  /** Stops accepting; what is under way goes on. */
  stop(): void {
    const old = this.server;
    if (!old) return;
    this.server = undefined;
    this.refusals = 0;
    this.replaced.add(old);
    void old.stop().finally(() => this.replaced.delete(old));
  }

  /** Stops accepting, lets requests finish until `budget` resolves, then cuts what is left. */
  async close(budget: Promise<void>): Promise<void> {
    const servers = [...this.replaced, ...(this.server ? [this.server] : [])];
    this.server = undefined;
    await Promise.race([Promise.all(servers.map((server) => server.stop())), budget]);
    await Promise.all(servers.map((server) => server.stop(true)));
  }

  /** A full backlog refuses a question as a dead listener does, so only a row of refusals counts. */
  protected async ask(door: Door): Promise<string | null> {
    failpoint('listener.ask');
    let status: number;
    try {
      status = await statusOf(door, PROBE_PATH);
    } catch (error) {
      if (++this.refusals >= MANY_REFUSALS) throw error;
      return `no answer to ${this.refusals} of ${MANY_REFUSALS} questions: ${error instanceof Error ? error.message : String(error)}`;
    }
    this.refusals = 0;
    if (status !== PROBE_STATUS) throw new Error(`something else answers there (status ${status})`);
    return null;
  }
}

/** The front door. Its file may be wiped while the daemon lives (logout, tmpfiles); clients that are connected stay connected. */
export class UnixListener extends Listener implements Part {
  readonly name = 'unix_listener';
  /** A wiped file is missed soon; the look at it costs nothing beside a question and its answer, which come with every fifth. */
  readonly probeMs = 1000;
  private probes = 0;
  private inode = 0;

  constructor(
    http: Http,
    private readonly paths: Paths,
  ) {
    super(http);
  }

  start(): void {
    // Without its lock file this daemon has lost its home and ends; it must not bring the folders of the home back.
    if (!existsSync(this.paths.lockFile)) throw new Error('the home of this daemon was removed');
    prepareFolders(this.paths);
    this.server = listenUnix(this.paths.socket, this.http);
    this.inode = statSync(this.paths.socket).ino;
    this.probes = 0;
  }

  async probe(): Promise<string | null> {
    const { socket } = this.paths;
    const found = statSync(socket, { throwIfNoEntry: false });
    if (!found) throw new Error(`${socket} is gone`);
    if (found.ino !== this.inode) throw new Error(`${socket} was replaced`);
    return this.probes++ % 5 === 0 || this.refusals > 0 ? this.ask({ unix: socket }) : null;
  }
}

export class TcpListener extends Listener implements Part {
  readonly name = 'tcp_listener';
  /** As given; from the first start on as the system gave it, so a restart takes the same port again. */
  private at: Listen;

  constructor(http: Http, listen: Listen) {
    super(http);
    this.at = listen;
  }

  get address(): NonNullable<Addresses['tcp']> {
    return this.at;
  }

  start(): void {
    this.server = listenTcp(this.at.host, this.at.port, this.http);
    this.at = { host: this.server.hostname!, port: this.server.port! };
  }

  probe(): Promise<string | null> {
    return this.ask({ hostname: reachable(this.at.host), port: this.at.port });
  }
}

/** The doors of one application. */
export class Listeners {
  readonly parts: readonly (UnixListener | TcpListener)[];
  private readonly tcp: TcpListener | null;

  constructor(
    http: Http,
    private readonly paths: Paths,
    listen: Listen | null,
  ) {
    this.tcp = listen && new TcpListener(http, listen);
    this.parts = [...(this.tcp ? [this.tcp] : []), new UnixListener(http, paths)];
  }

  addresses(): Addresses {
    return { socket: this.paths.socket, tcp: this.tcp?.address ?? null };
  }

  async close(graceMs: number): Promise<void> {
    const budget = Promise.withResolvers<void>();
    const timer = setTimeout(budget.resolve, graceMs);
    await Promise.all(this.parts.map((part) => part.close(budget.promise)));
    clearTimeout(timer);
  }
}
