import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, type BigIntStats } from 'node:fs';
import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '../kernel/failpoint';
import { blobError } from './blob_error';
import { digestOf } from './blob_reader';
import { BlobThread } from './blob_thread';
import { BlobWriter, type WrittenBlob } from './blob_writer';
import { syncFolder } from './durable_file';

/** Blobs that are remembered as verified; beyond it the memory starts anew and they are read once more. */
const MOST_REMEMBERED = 100_000;
const FILE = /^([0-9a-f]{64})(\.zst)?$/;

/** How a file holds its content: as it is, or as one zstd stream (RFC 8878). */
export type Encoding = 'identity' | 'zstd';

/** One file. The same content may lie there in both encodings for the moment in which one takes the other's place. */
export interface BlobKey {
  /** Lower-case hex sha256 of the content, whatever the encoding. */
  readonly digest: string;
  readonly encoding: Encoding;
}

export type Verdict = 'ok' | 'missing' | 'corrupt';

export interface QuarantinedFile {
  readonly file: string;
  readonly digest: string;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Files by the sha256 of their content: `<first two hex>/<64 hex>`, with `.zst` behind it when compressed. A file under its name is complete and on the disk: it is written
 * under a temporary name, synced, renamed, and then its folder is synced.
 *
 * The promise on reading: no byte leaves before the whole file has been hashed in this run of the daemon, and again whenever its inode,
 * size, modification or change time differ from then. A file that does not match is moved to `quarantine/`, never read again.
 */
export class BlobStore {
  private readonly thread = new BlobThread();
  private readonly temporary: string;
  private readonly quarantined: string;
  private readonly folders = new Set<string>();
  private readonly verified = new Map<string, string>();
  private readonly verifying = new Map<string, Promise<Verdict>>();

  /** Makes the folders (0700) and removes what earlier writers left half done. */
  constructor(readonly folder: string) {
    this.temporary = join(folder, 'tmp');
    this.quarantined = join(folder, 'quarantine');
    rmSync(this.temporary, { recursive: true, force: true });
    for (const each of [folder, this.temporary, this.quarantined]) mkdirSync(each, { recursive: true, mode: 0o700 });
  }

  path({ digest, encoding }: BlobKey): string {
    return join(this.folder, digest.slice(0, 2), encoding === 'zstd' ? `${digest}.zst` : digest);
  }

  writer(encoding: Encoding, expected?: number): Promise<BlobWriter> {
    return BlobWriter.create(join(this.temporary, Bun.randomUUIDv7()), encoding, this.thread, expected);
  }

  /**
   * Gives a written blob its name, durably. A file that is there already is replaced by this one, which was hashed a moment ago, unless
   * it is known to be good: so a put heals a damaged file, and its readers keep the one they have open.
   */
  async publish(blob: WrittenBlob): Promise<void> {
    const path = this.path(blob);
    try {
      if (this.isVerified(blob)) return await unlink(blob.file);
      await this.prepareFolder(blob.digest.slice(0, 2));
      failpoint('blob.before_rename');
      // Synchronous, as in `quarantine`: what is looked at there is what is moved.
      renameSync(blob.file, path);
      this.remember(path, fingerprint(statSync(path, { bigint: true })));
      failpoint('blob.after_rename');
      await syncFolder(join(this.folder, blob.digest.slice(0, 2)));
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Whether the file may be read. A file that does not match is in quarantine afterwards. One check at a time per blob, shared by all who ask. */
  check(key: BlobKey, bytes: number): Promise<Verdict> {
    if (this.isVerified(key)) return Promise.resolve('ok');
    const path = this.path(key);
    let running = this.verifying.get(path);
    if (!running) {
      running = this.verify(key, bytes).finally(() => this.verifying.delete(path));
      this.verifying.set(path, running);
    }
    return running;
  }

  /** The same with a look at every byte, whatever is remembered. */
  recheck(key: BlobKey, bytes: number): Promise<Verdict> {
    this.verified.delete(this.path(key));
    return this.check(key, bytes);
  }

  /** Removes a blob's file; synchronous, so nobody can come in between a decision and this. */
  remove(key: BlobKey): void {
    const path = this.path(key);
    this.verified.delete(path);
    try {
      unlinkSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw blobError(error);
    }
  }

  /** All files, folder by folder. */
  async *files(): AsyncGenerator<readonly BlobKey[]> {
    for (const folder of await readdir(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      yield (await readdir(join(this.folder, folder))).flatMap((name) => {
        const match = FILE.exec(name);
        return match && name.startsWith(folder) ? [{ digest: match[1]!, encoding: match[2] ? 'zstd' : 'identity' } as const] : [];
      });
    }
  }

  /** The file's size and when it was last written, in milliseconds; null when it is not there. */
  stat(key: BlobKey): { readonly bytes: number; readonly writtenAt: number } | null {
    const found = statSync(this.path(key), { throwIfNoEntry: false });
    return found ? { bytes: found.size, writtenAt: found.mtimeMs } : null;
  }

  quarantineFiles(): QuarantinedFile[] {
    return readdirSync(this.quarantined).flatMap((name) => {
      const [digest = '', at = ''] = name.split('.');
      const found = statSync(join(this.quarantined, name), { throwIfNoEntry: false });
      return found && /^[0-9a-f]{64}$/.test(digest) ? [{ file: join(this.quarantined, name), digest, bytes: found.size, at: Number(at) }] : [];
    });
  }

  removeQuarantined({ file }: QuarantinedFile): void {
    rmSync(file, { force: true });
  }

  /** Whether it was hashed before and has not been touched since. */
  isVerified(key: BlobKey): boolean {
    const path = this.path(key);
    const known = this.verified.get(path);
    if (known === undefined) return false;
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now && fingerprint(now) === known) return true;
    this.verified.delete(path);
    return false;
  }

  private remember(path: string, mark: string): void {
    if (this.verified.size >= MOST_REMEMBERED) this.verified.clear();
    this.verified.set(path, mark);
  }

  private async verify(key: BlobKey, bytes: number): Promise<Verdict> {
    const path = this.path(key);
    let inode: bigint;
    try {
      const handle = await open(path, 'r');
      try {
        const before = await handle.stat({ bigint: true });
        inode = before.ino;
        if ((await digestOf(handle, key.encoding, bytes, this.thread)) === key.digest) {
          // Under the marks from before: what changed while it was read differs from them and is hashed again.
          this.remember(path, fingerprint(before));
          return 'ok';
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
      throw blobError(error);
    }
    return this.quarantine(key, inode) ? 'corrupt' : this.verify(key, bytes);
  }

  /** Moves a file that is not what its name says out of reach; false when another one has its name by now. */
  private quarantine(key: BlobKey, inode: bigint): boolean {
    const path = this.path(key);
    this.verified.delete(path);
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now?.ino !== inode) return false;
    renameSync(path, join(this.quarantined, `${key.digest}.${Date.now()}`));
    return true;
  }

  private async prepareFolder(name: string): Promise<void> {
    if (this.folders.has(name) && existsSync(join(this.folder, name))) return;
    await mkdir(join(this.folder, name), { recursive: true, mode: 0o700 });
    await syncFolder(this.folder);
    this.folders.add(name);
  }
}

const fingerprint = ({ ino, size, mtimeNs, ctimeNs }: BigIntStats): string => `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
