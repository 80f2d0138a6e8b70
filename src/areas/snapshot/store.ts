import { nodeZlib } from '../../kernel/builtin';
import { createReadStream, mkdirSync } from 'node:fs';
import { readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { ZdError } from '../../kernel/error';
import { syncFolder, UNFINISHED, writeDurably } from '../../storage/durable_file';
import { damaged, headOf, type Head } from './format';
import { isTag } from './tag';

const ENDING = '.jsonl.zst';
const SIGNATURE = `${ENDING}.sig`;
/** The first line is a few hundred bytes per shell. */
const FIRST_LINE_BYTES = 8 << 20;

export interface Listed {
  readonly tag: string;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
  readonly signed: boolean;
  /** Null when the file is damaged. */
  readonly head: Head | null;
}

/** The snapshots of a home: one file each, and its signature beside it. */
export class SnapshotStore {
  constructor(readonly folder: string) {}

  /** Makes the folder, and removes what earlier writers left half done. */
  async prepare(): Promise<void> {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(this.folder)) if (name.startsWith(UNFINISHED)) await rm(join(this.folder, name), { force: true });
  }

  path = (tag: string): string => join(this.folder, tag + ENDING);
  signaturePath = (tag: string): string => join(this.folder, tag + SIGNATURE);

  /** By tag, bytewise. */
  async list(): Promise<Listed[]> {
    const names = new Set(await readdir(this.folder).catch(() => []));
    const tags = [...names].flatMap((name) => (name.endsWith(ENDING) && isTag(name.slice(0, -ENDING.length)) ? [name.slice(0, -ENDING.length)] : []));
    const found: Listed[] = [];
    for (const tag of tags.toSorted()) {
      const path = this.path(tag);
      const file = await stat(path).catch(() => null);
      if (!file?.isFile()) continue;
      const head = await firstLine(path)
        .then(headOf)
        .catch(() => null);
      found.push({
        tag,
        path,
        bytes: file.size,
        modifiedMs: file.mtimeMs,
        signed: names.has(tag + SIGNATURE),
        head: head?.tag === tag ? head : null,
      });
    }
    return found;
  }

  /** Its size; null when there is none. */
  async size(tag: string): Promise<number | null> {
    return (await stat(this.path(tag)).catch(() => null))?.size ?? null;
  }

  /** The bytes of a snapshot, or `no_such_file`. */
  async read(tag: string): Promise<Buffer> {
    return readFile(this.path(tag)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT')
        throw new ZdError('no_such_file', `There is no snapshot "${tag}".`, { hint: '`zd snapshot list` shows every snapshot.' });
      throw damaged(`it cannot be read (${error.code})`, error);
    });
  }

  /** The text of its signature; null when it is not signed. */
  signature(tag: string): Promise<string | null> {
    return readFile(this.signaturePath(tag), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return null;
      throw damaged(`its signature cannot be read (${error.code})`, error);
    });
  }

  /** An earlier signature goes first: at no time does one stand beside a file it is not of. */
  async write(tag: string, bytes: Uint8Array, replace: boolean): Promise<void> {
    await this.writing(async () => {
      if (replace) await rm(this.signaturePath(tag), { force: true });
      await writeDurably(this.path(tag), bytes, { replace });
    }, tag);
  }

  async writeSignature(tag: string, text: string): Promise<void> {
    await this.writing(() => writeDurably(this.signaturePath(tag), text, { replace: true }), tag);
  }

  /** False when there is none. */
  async remove(tag: string): Promise<boolean> {
    await rm(this.signaturePath(tag), { force: true });
    const gone = await unlink(this.path(tag)).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return false;
        throw error;
      },
    );
    if (gone) await syncFolder(this.folder);
    return gone;
  }

  private async writing(work: () => Promise<void>, tag: string): Promise<void> {
    let ready = false;
    try {
      await this.prepare();
      ready = true;
      await work();
    } catch (error) {
      const { code = String(error) } = error as NodeJS.ErrnoException;
      if (ready && code === 'EEXIST') throw new ZdError('snapshot_exists', `There is a snapshot "${tag}" already.`);
      if (code === 'ENOSPC' || code === 'EDQUOT') throw new ZdError('storage_full', undefined, { cause: error });
      throw new ZdError('snapshot_write', `The snapshot "${tag}" cannot be written (${code}).`, { cause: error });
    }
  }
}

/** The first line alone, however large the rest. */
async function firstLine(path: string): Promise<string> {
  const source = createReadStream(path, { highWaterMark: 16 << 10 });
  const plain = nodeZlib().createZstdDecompress();
  source.on('error', (error) => plain.destroy(error)).pipe(plain);
  let text = Buffer.alloc(0);
  try {
    for await (const chunk of plain as AsyncIterable<Buffer>) {
      text = Buffer.concat([text, chunk]);
      const end = text.indexOf(0x0a);
      if (end >= 0) return text.subarray(0, end).toString();
      if (text.length > FIRST_LINE_BYTES) break;
    }
    throw damaged('it has no first line');
  } finally {
    source.destroy();
    plain.destroy();
  }
}
