import { existsSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import type { Env, Paths } from '../daemon/paths';
import { ZdError } from '../kernel/error';
import { answering, untilAnswers, type Answering } from './answer';
import { Launchd } from './launchd';
import type { Manager, Run, ServiceState } from './manager';
import { thisProgram, type Program } from './program';
import { runner } from './run';
import { Systemd } from './systemd';

export type { ServiceState } from './manager';

/** What tests replace: the platform, how programs are run, what the service starts, how its daemon is asked. */
export interface ServiceOptions {
  readonly platform?: string;
  readonly run?: Run;
  readonly program?: Program;
  readonly answers?: Answering;
}

/** The manager of this platform for one home, or null where zd knows none. */
function managerFor(paths: Paths, env: Env, options: ServiceOptions): Manager | null {
  const platform = options.platform ?? process.platform;
  const full = platform === 'linux' ? withRuntimeDir(env) : env;
  const site = { paths, env: full, program: options.program ?? thisProgram(paths, env), run: options.run ?? runner(full) };
  if (platform === 'linux') return new Systemd(site);
  return platform === 'darwin' ? new Launchd(site) : null;
}

function requireManager(paths: Paths, env: Env, options: ServiceOptions): Manager {
  const manager = managerFor(paths, env, options);
  if (!manager) throw new ZdError('no_service_manager', `zd knows no service manager on ${options.platform ?? process.platform}.`);
  return manager;
}

/** tmux, cron and `ssh host command` lack `XDG_RUNTIME_DIR`, without which systemctl finds no manager. pam_systemd always makes this one. */
function withRuntimeDir(env: Env): Env {
  const { uid } = userInfo();
  const folder = `/run/user/${uid}`;
  if (env.XDG_RUNTIME_DIR || !existsSync(folder) || statSync(folder).uid !== uid) return env;
  return { ...env, XDG_RUNTIME_DIR: folder };
}

/** The service of this home. Where none is installed it costs a look at the file system, so every `zd up` can afford it. */
export async function serviceState(paths: Paths, env: Env, options: ServiceOptions = {}): Promise<ServiceState> {
  const manager = managerFor(paths, env, options);
  if (manager) return manager.state();
  return {
    manager: 'none',
    reachable: false,
    installed: false,
    enabled: false,
    active: false,
    restarting: false,
    state: null,
    pid: null,
    unit: 'zd',
    unit_path: '',
    command: null,
    stale: false,
    linger: null,
    log: paths.logFile,
  };
}

/**
 * Writes the service for this program, enables and (re)starts it; resolves when its daemon answers. `stopOther` ends a
 * daemon of the same home that runs without the service, which would hold the home's lock; it is called after everything
 * that can refuse was asked. Throws `no_service_manager`, `service_failed`, `conflict` (a file of somebody else),
 * `bad_args` (a path no service can name).
 */
export async function installService(paths: Paths, env: Env, stopOther: () => Promise<void>, options: ServiceOptions = {}): Promise<ServiceState> {
  const manager = requireManager(paths, env, options);
  await manager.check();
  const before = await manager.state();
  await manager.install();
  if (!before.active) await stopOther();
  return run(manager, 'restart', paths, options);
}

/** Stops and removes the service and leaves all data. False when there was none. */
export async function uninstallService(paths: Paths, env: Env, options: ServiceOptions = {}): Promise<boolean> {
  const manager = managerFor(paths, env, options);
  const state = await manager?.state();
  if (!manager || !state?.installed) return false;
  if (state.command === null) throw new ZdError('conflict', `${state.unit_path} was not written by zd.`, { hint: 'Remove that file by hand.' });
  await manager.uninstall();
  return true;
}

/** Starts the installed service and resolves when its daemon answers. */
export const startService = (paths: Paths, env: Env, options: ServiceOptions = {}): Promise<ServiceState> =>
  run(requireManager(paths, env, options), 'start', paths, options);

/** Ends the running daemon, if any, and starts the installed service as `startService` does. */
export const restartService = (paths: Paths, env: Env, options: ServiceOptions = {}): Promise<ServiceState> =>
  run(requireManager(paths, env, options), 'restart', paths, options);

/** Stops the installed service and returns when it has ended. It starts again at the next login. */
export const stopService = (paths: Paths, env: Env, options: ServiceOptions = {}): Promise<void> => requireManager(paths, env, options).stop();

async function run(manager: Manager, verb: 'start' | 'restart', paths: Paths, options: ServiceOptions): Promise<ServiceState> {
  await manager[verb]();
  return untilAnswers(paths, () => manager.state(), options.answers ?? answering);
}
