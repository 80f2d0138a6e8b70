import { createHash } from 'node:crypto';
import type { Env, Paths } from '../daemon/paths';
import { ownCommand } from '../daemon/process';

/** What a service file is made from. */
export interface Program {
  /** The command without the word for the daemon: the binary, or the runtime and `main.ts` when run from source. Absolute. */
  readonly argv: readonly string[];
  /** What the daemon needs to find the same folders as the shell that installed it. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
}

/**
 * This very program as a service. Settings from `ZD_*` are left out on purpose: what a service uses stands in its
 * configuration file, not in the shell that happened to install it.
 */
export const thisProgram = (paths: Paths, env: Env, argv: readonly string[] = ownCommand([])): Program => ({
  argv,
  env: paths.home === null ? xdgFolders(env) : { ZD_HOME: paths.home },
  logFile: paths.logFile,
});

/** The manager's own environment often lacks what a shell profile sets, and then it would look in other folders. */
function xdgFolders(env: Env): Record<string, string> {
  const names = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME'];
  return Object.fromEntries(names.flatMap((name) => (env[name]?.startsWith('/') ? [[name, env[name]]] : [])));
}

/** Distinguishes the services of several homes; empty for the default one. 32 bits: a user has a handful of homes. */
export const homeSuffix = (paths: Paths): string =>
  paths.home === null ? '' : `-${createHash('sha256').update(paths.home).digest('hex').slice(0, 8)}`;
