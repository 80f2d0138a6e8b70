import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { Item } from './item';

/** Files of all folders together; what a machine has of commands is a tenth of it. */
const MOST = 100_000;

/** What is found in the folders of a path, by name; of two with one name the earlier counts, as a shell has it. */
export async function filesIn(folders: readonly string[], wanted: 'programs' | 'functions', signal?: AbortSignal): Promise<Item[]> {
  const found = new Map<string, string>();
  for (const folder of folders) {
    if (!isAbsolute(folder)) continue;
    // A folder of the path need not be there.
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      signal?.throwIfAborted();
      if (found.size >= MOST) break;
      const file = join(folder, entry.name);
      if (found.has(entry.name) || !(entry.isFile() || entry.isSymbolicLink())) continue;
      if (entry.isSymbolicLink() && !(await stat(file).catch(() => null))?.isFile()) continue;
      if (wanted === 'programs' ? await isProgram(file) : !/^\.|[~]$|\.zwc$/.test(entry.name)) found.set(entry.name, file);
    }
  }
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => ({ key, value, list: null, pairs: null }));
}

const isProgram = (file: string): Promise<boolean> =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
