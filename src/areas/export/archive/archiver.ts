import { nodeStream, nodeZlib } from '../../../kernel/builtin';
import { link, mkdir, open, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ZdError } from '../../../kernel/error';
import { syncFolder } from '../../../storage/durable_file';
import { backup, type BackupDeps } from './backup';
import { EXPORTS } from './layout';
import { placeOf } from './places';
import type { Checked } from './manifest';
import { unpack } from './unpack';
import type { ArchiveService } from '../service';

/** Archives of the whole home. */
export class Archiver implements ArchiveService {
  constructor(private readonly deps: BackupDeps) {}

  async *stream(withKeys: boolean): AsyncGenerator<Uint8Array> {
    yield* compressed(backup(this.deps, withKeys, () => {}));
  }

  async write(out: string, withKeys: boolean): Promise<{ file: string; members: string[]; bytes: number }> {
    const file = placeOf(this.deps.home.data, out, '/out');
    if (dirname(file) === join(this.deps.home.data, EXPORTS)) await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const members: string[] = [];
    const temporary = join(dirname(file), `.${basename(file)}.${Bun.randomUUIDv7()}`);
    const handle = await open(temporary, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
      throw new ZdError('create_failed', `${file} cannot be made (${error.code}).`);
    });
    let bytes = 0;
    try {
      try {
        for await (const chunk of compressed(backup(this.deps, withKeys, (name) => members.push(name)))) {
          await handle.writeFile(chunk);
          bytes += chunk.length;
        }
        await handle.sync();
      } finally {
        await handle.close();
      }
      // Fails where there is a file already, without looking first.
      await link(temporary, file).catch((error: NodeJS.ErrnoException) => {
        throw new ZdError('create_failed', error.code === 'EEXIST' ? `${file} is there already.` : `${file} cannot be made (${error.code}).`);
      });
      await syncFolder(dirname(file));
    } finally {
      await unlink(temporary);
    }
    return { file, members, bytes };
  }

  async stage(path: string): Promise<readonly Checked[]> {
    return (await unpack(placeOf(this.deps.home.data, path, '/path'), this.deps.home)).members;
  }
}

/** As one zstd stream. A reader that stops early ends the backup. */
async function* compressed(chunks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  const compressor = nodeZlib().createZstdCompress();
  const fed = nodeStream().promises.pipeline(nodeStream().Readable.from(chunks, { objectMode: false }), compressor);
  // Its failure is heard when the compressor ends; until then it is nobody's unhandled rejection.
  fed.catch(() => {});
  try {
    yield* compressor as AsyncIterable<Uint8Array>;
    await fed;
  } finally {
    compressor.destroy();
    await fed.catch(() => {});
  }
}
