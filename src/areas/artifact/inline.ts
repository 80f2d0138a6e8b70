import { ZdError } from '../../kernel/error';
import type { ArtifactStore, Readable } from './store';

/** A content as base64, for a JSON reply. */
export async function inline(store: ArtifactStore, { path, bytes, encoding }: Readable): Promise<string> {
  const limit = store.limits().maxInlineBytes;
  if (bytes > limit)
    throw new ZdError('too_large', `The content has ${bytes} bytes, the limit inside JSON is ${limit} (artifact.max_inline_bytes).`, {
      hint: 'Read it with GET /artifact/NAME: `zd artifact get NAME -o FILE`.',
      extra: { limit },
    });
  const stored = Buffer.from(await Bun.file(path).arrayBuffer());
  return (encoding === 'zstd' ? await Bun.zstdDecompress(stored) : stored).toString('base64');
}
