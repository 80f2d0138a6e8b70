import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, unlinkSync, type BigIntStats } from 'node:fs';
import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { failpoint } from '../kernel/failpoint';
import { blobError } from './blob_error';
import { BlobWriter, type WrittenBlob } from './blob_writer';

const READ_BYTES = 1 << 20;
/** Blobs that are remembered as verified; beyond it the memory starts anew and they are read once more. */
const MOST_REMEMBERED = 100_000;
const DIGEST = /^[0-9a-f]{64}$/;

export type Verdict = 'ok' | 'missing' | 'corrupt';

export interface QuarantinedFile {
  readonly file: string;
  readonly digest: string;
  readonly bytes: number;
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
}

/**
 * Files by the sha256 of their content: `<first two hex>/<64 hex>`. A file under its name is complete and on the disk: it is written
 * under a temporary name, synced, renamed, and then its folder is synced.
 *
 * The promise on reading: no byte leaves before the whole file has been hashed in this run of the daemon, and again whenever its inode,
 * size, modification or change time differ from then. A file that does not match is moved to `quarantine/`, never read again.
 */
export class BlobStore {
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

  path(digest: string): string {
    return join(this.folder, digest.slice(0, 2), digest);
  }

  writer(expected?: number): Promise<BlobWriter> {
    return BlobWriter.create(join(this.temporary, Bun.randomUUIDv7()), expected);
  }

  /**
   * Gives a written blob its name, durably. A file that is there already is replaced by this one, which was hashed a moment ago, unless
   * it is known to be good: so a put heals a damaged file, and its readers keep the one they have open.
   */
  async publish(blob: WrittenBlob): Promise<void> {
    const path = this.path(blob.digest);
    try {
      if (this.isVerified(blob.digest)) {
        await unlink(blob.file);
        return;
      }
      await this.prepareFolder(blob.digest.slice(0, 2));
      failpoint('blob.before_rename');
      // Synchronous, as in `quarantine`: what is looked at there is what is moved.
      renameSync(blob.file, path);
      this.remember(blob.digest, fingerprint(statSync(path, { bigint: true })));
      failpoint('blob.after_rename');
      await syncFolder(join(this.folder, blob.digest.slice(0, 2)));
    } catch (error) {
      throw blobError(error);
    }
  }

  /** Whether the file may be read. A file that does not match is in quarantine afterwards. One check at a time per blob, shared by all who ask. */
  check(digest: string, bytes: number): Promise<Verdict> {
    if (this.isVerified(digest)) return Promise.resolve('ok');
    let running = this.verifying.get(digest);
    if (!running) {
      running = this.verify(digest, bytes).finally(() => this.verifying.delete(digest));
      this.verifying.set(digest, running);
    }
    return running;
  }

  /** The same with a look at every byte, whatever is remembered. */
  recheck(digest: string, bytes: number): Promise<Verdict> {
    this.verified.delete(digest);
    return this.check(digest, bytes);
  }

  /** Removes a blob's file; synchronous, so nobody can come in between a decision and this. */
  remove(digest: string): void {
    this.verified.delete(digest);
    try {
      unlinkSync(this.path(digest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw blobError(error);
    }
  }

  /** The digests of all files, folder by folder. */
  async *digests(): AsyncGenerator<readonly string[]> {
    for (const folder of await readdir(this.folder)) {
      if (!/^[0-9a-f]{2}$/.test(folder)) continue;
      yield (await readdir(join(this.folder, folder))).filter((name) => DIGEST.test(name) && name.startsWith(folder));
    }
  }

  /** The file's size and when it was last written, in milliseconds; null when it is not there. */
  stat(digest: string): { readonly bytes: number; readonly writtenAt: number } | null {
    const found = statSync(this.path(digest), { throwIfNoEntry: false });
    return found ? { bytes: found.size, writtenAt: found.mtimeMs } : null;
  }

  quarantineFiles(): QuarantinedFile[] {
    return readdirSync(this.quarantined).flatMap((name) => {
      const [digest = '', at = ''] = name.split('.');
      const found = statSync(join(this.quarantined, name), { throwIfNoEntry: false });
      return found && DIGEST.test(digest) ? [{ file: join(this.quarantined, name), digest, bytes: found.size, at: Number(at) }] : [];
    });
  }

  removeQuarantined({ file }: QuarantinedFile): void {
    rmSync(file, { force: true });
  }

  private isVerified(digest: string): boolean {
    const known = this.verified.get(digest);
    if (known === undefined) return false;
    const now = statSync(this.path(digest), { bigint: true, throwIfNoEntry: false });
    if (now && fingerprint(now) === known) return true;
    this.verified.delete(digest);
    return false;
  }

  private remember(digest: string, mark: string): void {
    if (this.verified.size >= MOST_REMEMBERED) this.verified.clear();
    this.verified.set(digest, mark);
  }

  private async verify(digest: string, bytes: number): Promise<Verdict> {
    let inode: bigint;
    try {
      const handle = await open(this.path(digest), 'r');
      try {
        const before = await handle.stat({ bigint: true });
        inode = before.ino;
        if (before.size === BigInt(bytes) && (await hashOf(handle)) === digest) {
          // Under the marks from before: what changed while it was read differs from them and is hashed again.
          this.remember(digest, fingerprint(before));
          return 'ok';
        }
      } finally {
        await handle.close();
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'missing';
      throw blobError(error);
    }
    return this.quarantine(digest, inode) ? 'corrupt' : this.verify(digest, bytes);
  }

  /** Moves a file that is not what its name says out of reach; false when another one has its name by now. */
  private quarantine(digest: string, inode: bigint): boolean {
    this.verified.delete(digest);
    const path = this.path(digest);
    const now = statSync(path, { bigint: true, throwIfNoEntry: false });
    if (now?.ino !== inode) return false;
    renameSync(path, join(this.quarantined, `${digest}.${Date.now()}`));
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

async function hashOf(handle: {
  read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }>;
}): Promise<string> {
  const hash = new Bun.CryptoHasher('sha256');
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (let position = 0; ;) {
    const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, position);
    if (bytesRead === 0) return hash.digest('hex');
    hash.update(buffer.subarray(0, bytesRead));
    position += bytesRead;
  }
}

/** A rename is on the disk once its folder is (fsync(2), NOTES). */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
