import { closeSync, fchmodSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ContentFile, Download } from '../client/artifacts';

/** A file that appears under its name complete or not at all: written beside it, then renamed. End it with `commit` or `discard`. */
export class AtomicFile {
  private readonly temporary: string;
  private fd: number | null;

  constructor(readonly path: string) {
    this.temporary = join(dirname(path), `.${basename(path)}.zd-${process.pid}-${Bun.randomUUIDv7().slice(-8)}`);
    this.fd = openSync(this.temporary, 'wx', 0o666);
  }

  write(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) done += writeSync(this.fd!, bytes, done);
  }

  /** Takes what is downloaded: a copy of the file that has it, made by the system, where there is one and it can be read; else the chunks. */
  async take({ file, chunks, drop }: Download): Promise<void> {
    if (file !== null && (await this.copy(file))) return drop();
    for await (const chunk of chunks) this.write(chunk);
  }

  private async copy({ path, inode, bytes }: ContentFile): Promise<boolean> {
    try {
      if (String(statSync(path, { bigint: true }).ino) !== inode) return false;
      if ((await Bun.write(Bun.file(this.temporary), Bun.file(path))) === bytes) return true;
    } catch {
      // Another view of the file system, or collected meanwhile: it comes over the connection all the same, or that says why not.
    }
    ftruncateSync(this.fd!, 0);
    return false;
  }

  /** `mode` as in chmod(2); without one the umask decides. `durable` waits for the disk. */
  commit({ mode, durable = false }: { readonly mode?: number; readonly durable?: boolean } = {}): void {
    if (mode !== undefined) fchmodSync(this.fd!, mode);
    if (durable) fsyncSync(this.fd!);
    this.close();
    renameSync(this.temporary, this.path);
  }

  /** Does nothing after `commit`. */
  discard(): void {
    this.close();
    rmSync(this.temporary, { force: true });
  }

  private close(): void {
    if (this.fd !== null) closeSync(this.fd);
    this.fd = null;
  }
}
