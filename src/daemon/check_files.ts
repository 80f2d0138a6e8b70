import { accessSync, constants, lstatSync, statSync, type Stats } from 'node:fs';
import { basename } from 'node:path';
import type { Check } from '../areas/meta/service';
import { ConfigError } from './config';
import { fail, ok, warn, type DoctorTarget } from './check';
import { LiveConfig } from './live';
import { socketPathFault } from './paths';

const octal = (mode: number): string => (mode & 0o777).toString(8).padStart(4, '0');
const lstat = (path: string): Stats | undefined => lstatSync(path, { throwIfNoEntry: false });
const foreign = (stats: Stats): boolean => process.getuid !== undefined && stats.uid !== process.getuid();

/** The configuration as a start would read it. */
export function checkConfig({ paths, env }: DoctorTarget): Check[] {
  try {
    const config = new LiveConfig({ file: paths.configFile, env }, paths.overridesFile);
    if (config.warnings.length > 0) return config.warnings.map((warning) => warn('config', warning, 'Follow the advice in the detail.'));
    return [ok('config', lstat(paths.configFile) ? `${paths.configFile} is valid` : `no ${paths.configFile}; defaults are in force`)];
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ where, message }) =>
        fail('config', `${where}: ${message}`, 'Correct it; `zd config check` tells when it is right.'),
      );
    throw error;
  }
}

export function checkFolders({ paths }: DoctorTarget): Check[] {
  const folders = new Map<string, string>();
  for (const [role, folder] of [
    ['data', paths.dataDir],
    ['state', paths.stateDir],
    ['runtime', paths.runtimeDir],
  ] as const) {
    if (![...folders.values()].includes(folder)) folders.set(role, folder);
  }
  return [...folders].map(([role, folder]) => checkFolder(`folder:${role}`, folder));
}

function checkFolder(name: string, folder: string): Check {
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (!stats) return warn(name, `${folder} does not exist yet`, 'Run `zd up`, which makes it.');
  if (!stats.isDirectory()) return fail(name, `${folder} is not a folder`, 'Remove what is there, or choose another with ZD_HOME.');
  if (foreign(stats)) return fail(name, `${folder} belongs to uid ${stats.uid}`, 'Choose a folder of your own with ZD_HOME.');
  if ((stats.mode & 0o077) !== 0) return fail(name, `${folder} is open to others (mode ${octal(stats.mode)})`, `chmod 700 ${folder}`);
  const fault = writeFault(folder);
  if (fault) return fail(name, `${folder} cannot be written (${fault})`, 'Make it writable, or choose another with ZD_HOME.');
  return ok(name, `${folder} (mode ${octal(stats.mode)})`);
}

/** Why nothing can be written in a folder, as the system's code; null when it can. */
export function writeFault(folder: string): string | null {
  try {
    accessSync(folder, constants.W_OK);
    return null;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
}

/** What lies in the folders is for this user alone. */
export function checkFiles({ paths }: DoctorTarget): Check[] {
  const files = [paths.zdDb, paths.cacheDb, paths.logFile, paths.daemonFile, paths.lockFile, paths.socket];
  const checks = files.flatMap((file) => {
    const stats = lstat(file);
    if (!stats) return [];
    const name = `file_perms:${basename(file)}`;
    if (foreign(stats)) return [fail(name, `${file} belongs to uid ${stats.uid}`, `Stop zd and remove ${file}, or give it back to its owner.`)];
    // A socket's group and world bits matter too: connecting needs write permission.
    return [
      (stats.mode & 0o077) === 0
        ? ok(name, octal(stats.mode))
        : fail(name, `${file} is open to others (mode ${octal(stats.mode)})`, `chmod 600 ${file}`),
    ];
  });
  const fault = socketPathFault(paths.socket);
  return fault ? [...checks, fail('socket_path', fault, 'Choose a shorter folder.')] : checks;
}

export function checkTokenFile({ paths, addresses }: DoctorTarget): Check[] {
  const stats = lstat(paths.tokenFile);
  const remedy = `rm ${paths.tokenFile}; zd restart`;
  if (!stats)
    return [
      addresses
        ? fail('token_file', `${paths.tokenFile} is missing; clients cannot find the token`, 'zd restart')
        : ok('token_file', 'made at the first start'),
    ];
  if (!stats.isFile()) return [fail('token_file', `${paths.tokenFile} is not a regular file`, remedy)];
  if (foreign(stats) || (stats.mode & 0o077) !== 0)
    return [fail('token_file', `others may use ${paths.tokenFile} (uid ${stats.uid}, mode ${octal(stats.mode)})`, remedy)];
  return [ok('token_file', octal(stats.mode))];
}
