import { nodeZlib } from '../../../kernel/builtin';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ZdError } from '../../../kernel/error';
import { failpoint } from '../../../kernel/failpoint';
import { syncFolder, UNFINISHED } from '../../../storage/durable_file';
import { checkDatabase } from './check_database';
import { DATABASES, isMemberName, MANIFEST, PENDING, type Home } from './layout';
import { parseManifest, type Checked } from './manifest';
import { bad, ChunkReader, memberOf } from './tar';

const ZSTD_MAGIC = 0xfd2fb528;
const MANIFEST_BYTES = 256 << 20;
/** What stays free on the disk, whatever an archive says it holds. */
const SPARE_BYTES = 64 << 20;

export interface Unpacked {
  /** In the order of the archive, without the manifest. */
  readonly members: readonly Checked[];
}

/**
 * Unpacks an archive into the home as `import.pending`, complete, checked and on the disk, or changes nothing there: every member is a regular
 * file under a name this zd knows, what the manifest says of it is true, and the databases are whole and of a schema this zd has made itself.
 */
export async function unpack(file: string, home: Home): Promise<Unpacked> {
  const folder = join(home.data, `${UNFINISHED}import-${Bun.randomUUIDv7()}`);
  await mkdir(folder, { mode: 0o700 });
  try {
    const members = await extract(file, folder, home);
    for (const name of DATABASES) if (members.some((each) => each.name === name)) checkDatabase(join(folder, name), name);
    failpoint('import.checked');
    await rm(join(home.data, PENDING), { recursive: true, force: true });
    await syncTree(folder);
    await rename(folder, join(home.data, PENDING));
    await syncFolder(home.data);
    return { members };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function extract(file: string, folder: string, home: Home): Promise<Checked[]> {
  const reader = new ChunkReader(await decompressed(file));
  try {
    const found = new Map<string, Checked>();
    let manifest: string | null = null;
    for (;;) {
      const member = memberOf(await reader.block());
      if (!member) break;
      const { name, bytes } = member;
      if (manifest !== null) throw bad('something follows its manifest');
      if (!isMemberName(name, home.keys)) throw bad(`${JSON.stringify(name.slice(0, 200))} is no name of a backup`);
      if (found.has(name)) throw bad(`${name} is there twice`);
      if (name === MANIFEST) {
        if (bytes > MANIFEST_BYTES) throw bad('its manifest is too large');
        const pieces: Buffer[] = [];
        for await (const piece of reader.take(bytes)) pieces.push(Buffer.from(piece));
        manifest = Buffer.concat(pieces).toString();
      } else found.set(name, await write(reader, name, bytes, folder));
      await reader.skipPadding(bytes);
    }
    if (manifest === null) throw bad('it has no manifest: it is cut off, or no backup');
    compare(found, parseManifest(manifest).members);
    await writeFile(join(folder, MANIFEST), manifest, { mode: 0o600 });
    return [...found.values()];
  } finally {
    reader.close();
  }
}

/** Writes one member and says what it was. */
async function write(reader: ChunkReader, name: string, bytes: number, folder: string): Promise<Checked> {
  const { bavail, bsize } = await statfs(folder);
  if (bytes > bavail * bsize - SPARE_BYTES) throw new ZdError('storage_full', `${name} has ${bytes} bytes, and there is no room for it.`);
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const handle = await open(path, 'wx', 0o600);
  try {
    const hash = new Bun.CryptoHasher('sha256');
    for await (const piece of reader.take(bytes)) {
      hash.update(piece);
      await handle.writeFile(piece);
    }
    await handle.sync();
    return { name, bytes, sha256: hash.digest('hex') };
  } finally {
    await handle.close();
  }
}

function compare(found: ReadonlyMap<string, Checked>, promised: readonly Checked[]): void {
  for (const { name, bytes, sha256 } of promised) {
    const member = found.get(name);
    if (!member) throw bad(`${name} is missing`);
    if (member.bytes !== bytes || member.sha256 !== sha256) throw bad(`${name} is not what was backed up`);
  }
  if (found.size !== new Set(promised.map(({ name }) => name)).size) throw bad('it holds more than its manifest names');
  if (!found.has('zd.db')) throw bad('it holds no zd.db');
}

/** The content of the file. Only an absolute path of a regular file; `no_such_file` and `read_failed` for others. */
async function decompressed(file: string): Promise<AsyncIterable<Uint8Array>> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new ZdError('no_such_file', `There is no file ${file}.`);
    throw new ZdError('read_failed', `${file} cannot be read (${error.code}).`);
  });
  try {
    if (!(await handle.stat()).isFile()) throw new ZdError('read_failed', `${file} is no regular file.`);
    const magic = Buffer.alloc(4);
    await handle.read(magic, 0, 4, 0);
    if (magic.readUInt32LE() !== ZSTD_MAGIC) throw bad('it is not compressed with zstd');
  } finally {
    await handle.close();
  }
  const source = createReadStream(file, { highWaterMark: 256 << 10 });
  const plain = nodeZlib().createZstdDecompress({ chunkSize: 256 << 10 });
  source.on('error', (error) => plain.destroy(error)).pipe(plain);
  return chunks(plain as AsyncIterable<Uint8Array>, () => {
    source.destroy();
    plain.destroy();
  });
}

async function* chunks(from: AsyncIterable<Uint8Array>, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* from;
  } catch (error) {
    throw bad('it is damaged', error);
  } finally {
    end();
  }
}

/** Every folder of a tree, the inner ones first; the files were synced when they were written. */
async function syncTree(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) if (entry.isDirectory()) await syncTree(join(folder, entry.name));
  await syncFolder(folder);
}
