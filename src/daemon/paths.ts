import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';

/** Where everything of one daemon lives. All paths are absolute; nothing here exists yet. */
export interface Paths {
  /** `ZD_HOME`, or null when the XDG folders are used. */
  readonly home: string | null;
  readonly configFile: string;
  readonly dataDir: string;
  readonly stateDir: string;
  readonly runtimeDir: string;
  readonly socket: string;
  readonly zdDb: string;
  readonly cacheDb: string;
  /** One folder per job, with its output. */
  readonly jobsDir: string;
  readonly artifacts: string;
  readonly snapshots: string;
  /** The private key snapshots are signed with. */
  readonly snapshotKey: string;
  /** What waits for shells without a connection, until their next prompt. */
  readonly shellsDir: string;
  readonly logFile: string;
  readonly tokenFile: string;
  /** Where the running daemon says who and where it is (`DaemonRecord`). */
  readonly daemonFile: string;
  readonly lockFile: string;
  /** Settings changed with `config set --persist`. */
  readonly overridesFile: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** What `daemonFile` holds while a daemon listens. */
export interface DaemonRecord {
  readonly pid: number;
  /** The process's start time as the system counts it: pid and start time together name one process. */
  readonly start_token: string;
  readonly socket: string;
  readonly tcp: { readonly host: string; readonly port: number } | null;
  readonly version: string;
  /** Milliseconds since the Unix epoch. */
  readonly started_at: number;
  /** Whether the TCP listener answers without a token. */
  readonly open: boolean;
}

/** The XDG base directory specification: a relative or empty value counts as absent. */
const xdg = (value: string | undefined): string | undefined => (value && isAbsolute(value) ? value : undefined);

export function resolvePaths(env: Env): Paths {
  if (env.ZD_HOME) {
    const home = resolve(env.ZD_HOME);
    return build(home, join(home, 'config.toml'), home, home, home);
  }
  const user = env.HOME && isAbsolute(env.HOME) ? env.HOME : homedir();
  const config = join(xdg(env.XDG_CONFIG_HOME) ?? join(user, '.config'), 'zd');
  const data = join(xdg(env.XDG_DATA_HOME) ?? join(user, '.local', 'share'), 'zd');
  const state = join(xdg(env.XDG_STATE_HOME) ?? join(user, '.local', 'state'), 'zd');
  const runtime = xdg(env.XDG_RUNTIME_DIR);
  return build(null, join(config, 'config.toml'), data, state, runtime ? join(runtime, 'zd') : state);
}

const build = (home: string | null, configFile: string, dataDir: string, stateDir: string, runtimeDir: string): Paths => ({
  home,
  configFile,
  dataDir,
  stateDir,
  runtimeDir,
  socket: join(runtimeDir, 'zd.sock'),
  zdDb: join(dataDir, 'zd.db'),
  cacheDb: join(dataDir, 'cache.db'),
  jobsDir: join(dataDir, 'jobs'),
  artifacts: join(dataDir, 'artifacts'),
  snapshots: join(dataDir, 'snapshots'),
  snapshotKey: join(dataDir, 'snapshot-signing.key'),
  shellsDir: join(stateDir, 'shells'),
  logFile: join(stateDir, 'zd.log'),
  tokenFile: join(stateDir, 'token'),
  daemonFile: join(stateDir, 'daemon.json'),
  lockFile: join(stateDir, 'lock'),
  overridesFile: join(stateDir, 'overrides.json'),
});

/** The same daemon with its socket in the state folder, for a runtime folder that cannot be made. */
export const withoutRuntimeDir = (paths: Paths): Paths => ({ ...paths, runtimeDir: paths.stateDir, socket: join(paths.stateDir, 'zd.sock') });

/** `sun_path` less its NUL: 108 bytes on Linux, 104 on macOS (unix(7), unix(4)). */
const socketPathLimit = (platform: string): number => (platform === 'darwin' ? 103 : 107);

/** Why a socket cannot have this path, with what to do; null when it can. */
export function socketPathFault(path: string, platform: string = process.platform): string | null {
  const bytes = new TextEncoder().encode(path).length;
  const limit = socketPathLimit(platform);
  if (bytes <= limit) return null;
  return `The socket path ${path} is ${bytes} bytes long and the system allows ${limit}. Set ZD_HOME (or XDG_RUNTIME_DIR) to a shorter folder.`;
}
