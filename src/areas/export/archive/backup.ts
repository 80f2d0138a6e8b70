import { Database } from 'bun:sqlite';
import { linkSync, mkdirSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../../kernel/clock';
import { failpoint } from '../../../kernel/failpoint';
import { UNFINISHED } from '../../../storage/durable_file';
import type { Db } from '../../../storage/db';
import { DATABASES, isMemberName, MANIFEST, OVERRIDES, type Home } from './layout';
import { manifestOf, type Checked } from './manifest';
import { END, headerOf, paddingOf } from './tar';

const CHUNK_BYTES = 1 << 20;
/** Blobs that are linked before other work has its turn. */
const STRIDE = 200;

export interface BackupDeps {
  readonly home: Home;
  readonly databases: Readonly<Record<(typeof DATABASES)[number], Db>>;
  readonly clock: Clock;
  readonly version: string;
}

/** One file that goes into the archive. */
interface Source {
  readonly name: string;
  readonly path: string;
}

/**
 * A backup of everything zd keeps as a ustar archive, uncompressed, chunk by chunk. The databases are copied by SQLite itself (`VACUUM INTO`)
 * one right after the other, with no write in between; the blobs the copy names are held by links, so nothing that is collected meanwhile is
 * missed. `onMember` hears of every file. What it needs beside the home it puts into a folder there, and takes away when it ends.
 */
export async function* backup(deps: BackupDeps, withKeys: boolean, onMember: (name: string, bytes: number) => void): AsyncGenerator<Buffer> {
  const { home, clock } = deps;
  const folder = join(home.data, `${UNFINISHED}export-${Bun.randomUUIDv7()}`);
  mkdirSync(folder, { mode: 0o700 });
  try {
    // SQLite blocks while it copies; that is the price of one point in time for all of it.
    for (const name of DATABASES) copyDatabase(deps.databases[name], join(folder, name));
    failpoint('backup.copied');
    const blobs = await holdBlobs(home.data, folder);
    const sources: Source[] = [...DATABASES.map((name) => ({ name, path: join(folder, name) })), ...blobs, ...(await filesOf(home, withKeys))];
    const members: Checked[] = [];
    for (const { name, path } of sources) {
      const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
        // A job or a snapshot that was removed while the rest was read.
        if (error.code === 'ENOENT') return null;
        throw error;
      });
      if (!handle) continue;
      try {
        const { size, mtimeMs } = await handle.stat();
        yield headerOf({ name, bytes: size }, Math.floor(mtimeMs / 1000));
        const hash = new Bun.CryptoHasher('sha256');
        for (let at = 0; at < size;) {
          const { bytesRead, buffer } = await handle.read(
            Buffer.allocUnsafe(Math.min(CHUNK_BYTES, size - at)),
            0,
            Math.min(CHUNK_BYTES, size - at),
            at,
          );
          if (bytesRead === 0) throw new Error(`${name} became shorter while it was read`);
          const chunk = buffer.subarray(0, bytesRead);
          hash.update(chunk);
          at += bytesRead;
          yield chunk;
        }
        yield paddingOf(size);
        members.push({ name, bytes: size, sha256: hash.digest('hex') });
        onMember(name, size);
      } finally {
        await handle.close();
      }
    }
    const manifest = Buffer.from(JSON.stringify(manifestOf(deps.version, clock.now(), members)));
    yield headerOf({ name: MANIFEST, bytes: manifest.length }, Math.floor(clock.now() / 1000));
    yield manifest;
    yield paddingOf(manifest.length);
    yield END;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function copyDatabase(db: Db, to: string): void {
  db.flush();
  db.sqlite.query('VACUUM INTO ?').run(to);
}

/** Links every blob the copied database names into the folder. One that went in the moment between loses its rows in the copy: the two agree. */
async function holdBlobs(data: string, folder: string): Promise<Source[]> {
  const db = new Database(join(folder, 'zd.db'), { readwrite: true });
  try {
    const rows = db.query('SELECT digest, encoding FROM artifact_blob ORDER BY digest').all() as { digest: string; encoding: string }[];
    const held: Source[] = [];
    const gone: string[] = [];
    for (const [at, { digest, encoding }] of rows.entries()) {
      const name = `artifacts/${digest.slice(0, 2)}/${digest}${encoding === 'zstd' ? '.zst' : ''}`;
      const path = join(folder, name);
      if (await hold(join(data, name), path)) held.push({ name, path });
      else gone.push(digest);
      if (at % STRIDE === STRIDE - 1) await new Promise(setImmediate);
    }
    db.transaction(() => {
      for (const digest of gone) for (const table of ['artifact', 'artifact_blob']) db.query(`DELETE FROM ${table} WHERE digest = ?`).run(digest);
    })();
    return held;
  } finally {
    db.close();
  }
}

async function hold(from: string, to: string): Promise<boolean> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 });
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    // A file system without links.
    return copyFile(from, to).then(
      () => true,
      (fault: NodeJS.ErrnoException) => {
        if (fault.code === 'ENOENT') return false;
        throw fault;
      },
    );
  }
}

/** What lies in the home as files: the output of jobs, snapshots, settings made while it ran, and keys if they are wanted. */
async function filesOf(home: Home, withKeys: boolean): Promise<Source[]> {
  const found: Source[] = [];
  for (const folder of ['jobs', 'snapshots']) {
    const names = await readdir(join(home.data, folder), { recursive: true }).catch(() => []);
    found.push(...names.toSorted().map((name) => ({ name: `${folder}/${name}`, path: join(home.data, folder, name) })));
  }
  found.push({ name: OVERRIDES, path: home.overridesFile });
  if (withKeys) found.push(...home.keys.map((name) => ({ name, path: join(home.data, name) })));
  const files: Source[] = [];
  for (const source of found) {
    if (!isMemberName(source.name, home.keys)) continue;
    if ((await stat(source.path).catch(() => null))?.isFile()) files.push(source);
  }
  return files;
}
