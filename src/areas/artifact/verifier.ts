import type { BlobKey, Verdict } from '../../storage/blobs';
import { artifactEvent } from './events';
import { isOrphan, type Parts } from './collector';

export interface Verified {
  readonly checked: number;
  readonly bytes: number;
  /** Found damaged now and taken out of use. */
  readonly corrupt: string[];
  /** Named, but not there. */
  readonly missing: string[];
  /** Taken out of use before. */
  readonly quarantined: string[];
  /** Files without a row; the next collection removes them. */
  readonly orphans: string[];
}

const PAGE = 200;

/** Tells whether contents are what their names say, and writes down when they are not. */
export class Verifier {
  constructor(
    private readonly parts: Parts,
    private readonly found: () => void,
  ) {}

  async check(blob: BlobKey & { readonly bytes: number }, everyByte = false): Promise<Verdict> {
    const { blobs } = this.parts;
    const verdict = await (everyByte ? blobs.recheck(blob, blob.bytes) : blobs.check(blob, blob.bytes));
    if (verdict === 'corrupt') await this.mark(blob);
    return verdict;
  }

  /** Reads every byte of every content. */
  async all(signal: AbortSignal): Promise<Verified> {
    const { table, blobs, holds } = this.parts;
    const result = { checked: 0, bytes: 0, corrupt: [] as string[], missing: [] as string[], quarantined: [] as string[], orphans: [] as string[] };
    for (let after = ''; ;) {
      const page = table.blobs(after, PAGE);
      if (page.length === 0) break;
      after = page.at(-1)!.digest;
      for (const { digest } of page) {
        signal.throwIfAborted();
        // Read again: it may have gone or been put anew since the page was made.
        const blob = table.blob(digest);
        if (!blob) continue;
        result.checked++;
        result.bytes += blob.bytes;
        const release = holds.take(digest);
        try {
          const verdict = blob.corrupt_at === null ? await this.check(blob, true) : 'quarantined';
          if (verdict !== 'ok') result[verdict].push(digest);
        } finally {
          release();
        }
      }
    }
    for await (const files of blobs.files()) result.orphans.push(...files.filter((file) => isOrphan(this.parts, file)).map(({ digest }) => digest));
    return result;
  }

  /** A put may have healed the content since it was found damaged; then its file is there again. */
  private async mark(blob: BlobKey): Promise<void> {
    const { db, table, blobs, events, clock } = this.parts;
    const marked = await db.write(() => {
      const { digest } = blob;
      if (blobs.stat(blob) !== null || !table.markCorrupt(digest, clock.now())) return false;
      events.append(artifactEvent('corrupt', { digest, names: table.names(digest).map(({ name }) => name) }));
      return true;
    }, 'full');
    if (marked) this.found();
  }
}
