import { ArtifactStore } from '../../areas/artifact/store';
import { BlobStore } from '../../storage/blobs';
import type { Ground } from '../ground';

export function composeArtifacts({ stack, zdDb, events, clock, log, paths, config, onStart }: Ground): ArtifactStore {
  const limits = () => ({
    maxBlobBytes: config.value('artifact.max_blob_bytes'),
    maxInlineBytes: config.value('artifact.max_inline_bytes'),
    maxNsBytes: config.value('artifact.max_ns_bytes'),
    maxBytes: config.value('artifact.max_bytes'),
    graceMs: config.value('artifact.grace_secs') * 1000,
    compress: config.value('artifact.compress'),
  });
  const artifacts = stack.adopt(new ArtifactStore(zdDb, new BlobStore(paths.artifacts), events, clock, log, limits), (each) => each.stop());
  onStart(() => artifacts.start());
  return artifacts;
}
