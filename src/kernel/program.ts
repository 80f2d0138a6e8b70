import { accessSync, constants, statSync } from 'node:fs';
import { resolve } from 'node:path';

/** Why a folder cannot be worked in; null when it can. */
export function folderFault(folder: string): string | null {
  try {
    if (!statSync(folder).isDirectory()) return `${folder} is not a folder`;
    accessSync(folder, constants.X_OK);
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? `the folder ${folder} does not exist` : `the folder ${folder} cannot be entered (${code})`;
  }
}

/** The absolute path of a program, found as a shell in this folder would; null when there is none. */
export function findProgram(name: string, folder: string, path: string): string | null {
  if (!name.includes('/')) return Bun.which(name, { PATH: path, cwd: folder });
  const file = resolve(folder, name);
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile() ? file : null;
  } catch {
    return null;
  }
}
