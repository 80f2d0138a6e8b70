import type { Env, Paths } from '../daemon/paths';
import type { Program } from './program';

/** What `zd service status` shows. */
export interface ServiceState {
  readonly manager: 'systemd' | 'launchd' | 'none';
  /** Whether the manager answers here; without it only what the file says is known. Null: nothing is installed, so it was not asked. */
  readonly reachable: boolean | null;
  readonly installed: boolean;
  /** Started at login (with lingering: at boot). */
  readonly enabled: boolean;
  readonly active: boolean;
  /** It is being started, or will be by the manager itself: a pause between two tries. */
  readonly restarting: boolean;
  /** The manager's own word, for example `active`, `activating`, `failed`. */
  readonly state: string | null;
  readonly pid: number | null;
  readonly unit: string;
  readonly unit_path: string;
  /** What the service starts, without arguments of the daemon; null when not installed or the file is not ours. */
  readonly command: readonly string[] | null;
  /** It starts another program than this one, or one that is gone. */
  readonly stale: boolean;
  /** systemd only: whether the daemon outlives the last logout and starts at boot. */
  readonly linger: boolean | null;
  readonly log: string;
}

/** What running another program gave. `code` is 127 when it is not there and 124 when it took too long. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
export type Run = (argv: readonly string[]) => Promise<Ran>;

export interface Site {
  readonly paths: Paths;
  readonly env: Env;
  readonly program: Program;
  readonly run: Run;
}

/** One platform's service manager. Every method but `state` throws `no_service_manager` where the manager does not answer. */
export interface Manager {
  /** Asks the manager nothing when no service file is there, so it is cheap where none is installed. */
  state(): Promise<ServiceState>;
  /** Throws unless the manager answers and the file could be ours; changes nothing. */
  check(): Promise<void>;
  /** Writes the file and enables the service; does not start it. */
  install(): Promise<void>;
  uninstall(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
}
