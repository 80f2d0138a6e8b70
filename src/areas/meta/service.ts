import type { Parts } from '../../kernel/part';
import type { ReloadResult } from '../config/service';

/** Counters and gauges of this process; reset at start. */
export interface Metrics {
  /** Open connections that hold state (streams) and requests in flight. */
  activeSessions(): number;
  activeSubscriptions(): number;
  /** Finished calls by op; names that do not exist count as `unknown`. */
  opTotal(): Readonly<Record<string, number>>;
  /** Calls that failed, by op; only ops with at least one. */
  opFailures(): Readonly<Record<string, number>>;
  httpTotal(): readonly { readonly path: string; readonly code: number; readonly count: number }[];
  canonicalRows(): number;
  activeLocks(): number;
  recorderEvents(): number;
}

export type CheckStatus = 'ok' | 'warn' | 'fail';

/** One finding of `doctor`. `remedy` says what to do and is empty when all is well. */
export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  readonly remedy: string;
}

/** Why the daemon stops; streams tell their clients. */
export type StopReason = 'ipc_stop' | 'ipc_restart' | 'signal' | 'failure';

/** The running process. */
export interface LifecycleService {
  readonly pid: number;
  readonly version: string;
  readonly commit: string;
  readonly protocolVersion: number;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  uptimeMs(): number;
  readonly paths: {
    readonly configFile: string;
    readonly dataDir: string;
    readonly stateDir: string;
    readonly socket: string;
    readonly zdDb: string;
    readonly cacheDb: string;
    readonly logFile: string;
  };

  sqliteVersion(): string;
  addresses(): { readonly socket: string; readonly tcp: { readonly host: string; readonly port: number } | null };
  /** Begins to stop once the reply that is under way is out; returns at once. */
  stop(): void;
  /** As `stop`; a new process takes over when this one has let go of lock, socket and files. */
  restart(): void;
  /** All or nothing; throws `bad_value` with every fault of the configuration. */
  reload(): Promise<ReloadResult>;
  doctor(): Promise<readonly Check[]>;
}

/** The log files of this daemon. */
export interface LogFiles {
  /** Starts a new file whatever the size; resolves with the number of files rotated. */
  rotate(): number;
  /** Newest first; lines are counted by streaming through the files. */
  stats(): Promise<readonly { readonly name: string; readonly bytes: number; readonly lines: number }[]>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly metrics: Metrics;
    readonly lifecycle: LifecycleService;
    readonly logFiles: LogFiles;
    /** The parts that work on their own; an area adds what it has of them. */
    readonly parts: Parts;
  }
}
