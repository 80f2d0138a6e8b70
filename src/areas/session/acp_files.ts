import { open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { isWithin } from './admission';
import type { DriverHost } from './driver';

/** Largest file that is read or written for an agent. */
const FILE_BYTES = 8 * 1024 * 1024;

interface Read {
  readonly path: string;
  readonly line?: number | null;
  readonly limit?: number | null;
}

/** Files for an agent that asks zd for them: those whose real path lies in the folder of the session. */
export function readFiles(host: Pick<DriverHost, 'row'>) {
  /** Its folder must exist; a link that leads outside is refused. */
  const allowed = async (path: string): Promise<string> => {
    if (!isAbsolute(path)) throw new Error('the path must be absolute');
    const real = await realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
    if (!isWithin(host.row().cwd, real)) throw new Error('the path lies outside of the folder of the session');
    return real;
  };
  return {
    async read({ path, line, limit }: Read): Promise<string> {
      const file = Bun.file(await allowed(path));
      if (file.size > FILE_BYTES) throw new Error(`the file is larger than ${FILE_BYTES} bytes`);
      const text = await file.text();
      if (!line && !limit) return text;
      const from = Math.max(0, (line ?? 1) - 1);
      return text
        .split('\n')
        .slice(from, limit ? from + limit : undefined)
        .join('\n');
    },
    async write({ path, content }: { readonly path: string; readonly content: string }): Promise<void> {
      if (Buffer.byteLength(content) > FILE_BYTES) throw new Error(`the content is larger than ${FILE_BYTES} bytes`);
      const file = await open(await allowed(path), 'w', 0o644);
      try {
        await file.writeFile(content);
      } finally {
        await file.close();
      }
    },
  };
}
