import { Database } from 'bun:sqlite';
import { existsSync, rmSync, statSync } from 'node:fs';
import type { WatchFigures } from '../areas/watch/service';
import type { ReloadResult } from '../areas/config/service';
import type { Check, LifecycleService, StopReason } from '../areas/meta/service';
import { systemClock, type Clock } from '../kernel/clock';
import { failpoint } from '../kernel/failpoint';
import type { Logger } from '../kernel/log';
import type { PartStatus } from '../kernel/part';
import type { Db } from '../storage/db';
import { commit, protocolVersion, version } from '../version';
import { startToken } from './instance';
import type { LiveConfig } from './live';
import type { LogFile } from './log_file';
import type { Paths } from './paths';
import { readDaemonRecord, writeDaemonRecord } from './private_file';

export interface Addresses {
  readonly socket: string;
  /** The port it really has; null when the TCP listener is off. */
  readonly tcp: { readonly host: string; readonly port: number } | null;
}

/** A composed daemon that listens. */
export interface Daemon {
  readonly addresses: Addresses;
  /** For `doctor`. */
  readonly databases: readonly Db[];
  watcher(): WatchFigures;
  reload(): Promise<ReloadResult>;
  /** Stops accepting, tells streams, drains within `shutdown.grace_ms`, closes everything. */
  stop(reason: StopReason): Promise<void>;
  parts(): readonly PartStatus[];
}

export interface ComposeInput {
  readonly paths: Paths;
  readonly config: LiveConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly logFiles: LogFile;
  readonly lifecycle: LifecycleService;
  /** The generated token of the TCP listener. */
  readonly token: string;
}

export interface Ending {
  readonly code: number;
  readonly reason: StopReason;
}

/** How long a reply has to leave before the stop it asked for begins. */
const REPLY_MS = 50;
const HOME_CHECK_MS = 1000;
/** Beyond the grace for operations: closing the databases. After that the process ends as it is. */
const CLOSE_MS = 5000;

/** The life of one daemon process, from listening to the end. */
export class Lifecycle implements LifecycleService {
  readonly pid = process.pid;
  readonly version = version;
  readonly commit = commit;
  readonly protocolVersion = protocolVersion;
  readonly startedAt: number;
  private readonly startedMonotonic: number;
  private readonly lockInode: number | undefined;
  private readonly ended = Promise.withResolvers<Ending>();
  private daemon: Daemon | undefined;
  private ending: StopReason | undefined;
  private watcher: ReturnType<typeof setInterval> | undefined;
  private sqlite: string | undefined;

  constructor(
    readonly paths: Paths,
    private readonly config: LiveConfig,
    private readonly log: Logger,
    private readonly clock: Clock = systemClock,
  ) {
    this.startedAt = clock.now();
    this.startedMonotonic = clock.monotonic();
    this.lockInode = inode(paths.lockFile);
  }

  /** Resolves when the daemon has stopped, or must end without having stopped. */
  get finished(): Promise<Ending> {
    return this.ended.promise;
  }

  uptimeMs(): number {
    return Math.floor(this.clock.monotonic() - this.startedMonotonic);
  }

  sqliteVersion(): string {
    return (this.sqlite ??= sqliteVersion());
  }

  addresses(): Addresses {
    return this.daemon?.addresses ?? { socket: this.paths.socket, tcp: null };
  }

  /** From here on clients find the daemon. A stop that was asked for meanwhile begins now. */
  listening(daemon: Daemon): void {
    this.daemon = daemon;
    this.writeRecord();
    this.watcher = setInterval(() => this.keepHome(), HOME_CHECK_MS);
    this.watcher.unref();
    this.log.info('listening', { pid: this.pid, version, ...daemon.addresses, data: this.paths.dataDir });
    if (this.ending) this.drain(this.ending);
  }

  stop(): void {
    setTimeout(() => this.begin('ipc_stop'), REPLY_MS);
  }

  restart(): void {
    setTimeout(() => this.begin('ipc_restart'), REPLY_MS);
  }

  /** Begins the stop; later calls change nothing. */
  begin(reason: StopReason): void {
    if (this.ending) return;
    this.ending = reason;
    this.log.info('stopping', { reason });
    if (this.daemon) this.drain(reason);
  }

  /** Ends at once, without draining. Everything acknowledged is committed already. */
  force(why: string): void {
    this.log.error('stopping by force', { why });
    this.finish(1, this.ending ?? 'failure');
  }

  async reload(): Promise<ReloadResult> {
    const result = await (this.daemon ? this.daemon.reload() : this.config.reload());
    this.writeRecord();
    this.log.info('configuration read again', { ...result });
    for (const warning of result.warnings) this.log.warn(warning);
    return result;
  }

  async doctor(): Promise<readonly Check[]> {
    const { runChecks } = await import('./doctor');
    return runChecks({
      paths: this.paths,
      env: process.env,
      addresses: this.addresses(),
      inside: true,
      databases: this.daemon?.databases ?? [],
      parts: this.daemon?.parts() ?? [],
      watcher: this.daemon?.watcher() ?? null,
    });
  }

  private drain(reason: StopReason): void {
    clearInterval(this.watcher);
    const budget = setTimeout(() => this.force('the time to stop is over'), this.config.value('shutdown.grace_ms') + CLOSE_MS);
    this.daemon!.stop(reason)
      .then(
        () => this.finish(reason === 'failure' ? 1 : 0, reason),
        (error: unknown) => {
          this.log.error('stop failed', { error });
          this.finish(1, reason);
        },
      )
      .finally(() => clearTimeout(budget));
  }

  private finish(code: number, reason: StopReason): void {
    clearInterval(this.watcher);
    if (readDaemonRecord(this.paths.daemonFile)?.pid === this.pid) rmSync(this.paths.daemonFile, { force: true });
    this.ended.resolve({ code, reason });
  }

  private unannounced = false;

  /** The address file may be wiped while the daemon lives: announce again. Without its home there is nothing left to serve. */
  private keepHome(): void {
    if (this.ending) return;
    failpoint('lifecycle.tick');
    if (inode(this.paths.lockFile) !== this.lockInode) {
      this.log.error('the home of this daemon was removed', { lock: this.paths.lockFile });
      return this.begin('failure');
    }
    try {
      if (!existsSync(this.paths.daemonFile)) this.writeRecord();
      this.unannounced = false;
    } catch (error) {
      if (!this.unannounced) this.log.error('cannot write the address file', { error });
      this.unannounced = true;
    }
  }

  private writeRecord(): void {
    if (!this.daemon) return;
    const { socket, tcp } = this.daemon.addresses;
    writeDaemonRecord(this.paths.daemonFile, {
      pid: this.pid,
      start_token: startToken(this.pid) ?? '',
      socket,
      tcp,
      version,
      started_at: this.startedAt,
      open: this.config.value('http.open'),
    });
  }
}

const inode = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino;

export function sqliteVersion(): string {
  const db = new Database(':memory:');
  const { version: text } = db.query('SELECT sqlite_version() AS version').get() as { version: string };
  db.close();
  return text;
}
