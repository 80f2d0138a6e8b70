import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

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
