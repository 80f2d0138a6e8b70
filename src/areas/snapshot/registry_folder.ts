import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ZdError } from '../../kernel/error';
import { syncFolder, writeDurably } from '../../storage/durable_file';
import type { Registry } from './registry';

/** A folder that others may see too, for example on a network drive. */
export class FolderRegistry implements Registry {
  constructor(
    private readonly folder: string,
    readonly name: string,
  ) {}

  async get(tag: string, file: string, most: number): Promise<Buffer> {
    try {
      const handle = await open(join(this.folder, tag, file), 'r');
      try {
        const { size } = await handle.stat();
        if (size > most) throw new ZdError('too_large', `${file} of "${tag}" has ${size} bytes.`, { extra: { limit: most } });
        return await handle.readFile();
      } finally {
        await handle.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (error instanceof ZdError) throw error;
      if (code === 'ENOENT' || code === 'ENOTDIR') throw new ZdError('no_such_file', `The registry ${this.name} has no ${file} of "${tag}".`);
      throw new ZdError('snapshot_read', `The registry ${this.name} cannot be read (${code}).`, { cause: error });
    }
  }

  async put(tag: string, file: string, content: Uint8Array): Promise<void> {
    try {
      await mkdir(join(this.folder, tag), { recursive: true });
      await writeDurably(join(this.folder, tag, file), content, { replace: true });
      await syncFolder(this.folder);
    } catch (error) {
      throw new ZdError('snapshot_publish', `The registry ${this.name} did not take ${file} (${(error as NodeJS.ErrnoException).code}).`, {
        cause: error,
      });
    }
  }
}
