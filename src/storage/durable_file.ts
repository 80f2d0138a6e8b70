import { closeSync, constants, fsyncSync, openSync } from 'node:fs';
import { link, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { failpoint } from '../kernel/failpoint';

const CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/** What a file that is being written is called: nothing else in a folder of ours begins so. */
export const UNFINISHED = '.unfinished-';

/**
 * Writes a file that appears complete and on the disk, or not at all, mode 0600 from its first instant: beside it under another name, synced,
 * then renamed, then its folder synced. Without `replace` a file that is there stays, and this fails with EEXIST.
 */
export async function writeDurably(file: string, content: Uint8Array | string, { replace }: { readonly replace: boolean }): Promise<void> {
  const temporary = join(dirname(file), `${UNFINISHED}${Bun.randomUUIDv7()}-${basename(file).slice(0, 40)}`);
  try {
    const handle = await open(temporary, CREATE, 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    failpoint('durable.before_rename');
    // link(2) fails when the name is taken, however many try at once.
    if (replace) await rename(temporary, file);
    else await link(temporary, file).then(() => unlink(temporary));
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  failpoint('durable.after_rename');
  await syncFolder(dirname(file));
}

/** A new or a removed name is on the disk once its folder is (fsync(2), NOTES). */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Brings a file or a folder to the disk while everybody waits: at a start, or where nothing else may come in between. */
export function syncNow(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
