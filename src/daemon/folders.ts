import { accessSync, chmodSync, constants, mkdirSync, statSync } from 'node:fs';
import { socketPathFault, withoutRuntimeDir, type Paths } from './paths';

/** Why the daemon cannot start in these folders, with what to do. */
export class FolderError extends Error {}

/**
 * Makes the folders, 0700 from the first instant, and tightens those that are ours but open to others. Returns the paths
 * in force: without a usable runtime folder the socket lives in the state folder. Throws `FolderError`.
 */
export function prepareFolders(wanted: Paths): Paths {
  for (const folder of [wanted.dataDir, wanted.stateDir]) prepareFolder(folder);
  let paths = wanted;
  try {
    prepareFolder(wanted.runtimeDir);
  } catch {
    paths = withoutRuntimeDir(wanted);
  }
  const fault = socketPathFault(paths.socket);
  if (fault) throw new FolderError(fault);
  return paths;
}

/** Makes one folder, as `prepareFolders` does. */
export function prepareFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    if (process.getuid && uid !== process.getuid())
      throw new FolderError(`${folder} belongs to another user. Choose a folder of your own with ZD_HOME.`);
    if ((mode & 0o1000) !== 0)
      throw new FolderError(`${folder} is shared with other users (mode ${(mode & 0o7777).toString(8)}). Choose a folder of its own with ZD_HOME.`);
    if ((mode & 0o077) !== 0) chmodSync(folder, 0o700);
    // A mode says nothing of a file system that is mounted read-only.
    accessSync(folder, constants.W_OK);
  } catch (error) {
    if (error instanceof FolderError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOTDIR')
      throw new FolderError(`${folder} is not a folder. Remove what is there, or choose another with ZD_HOME.`);
    throw new FolderError(`The folder ${folder} cannot be used (${code ?? String(error)}). Make it writable, or choose another with ZD_HOME.`);
  }
}
