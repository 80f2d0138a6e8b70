import { defineRoute } from '../../kernel/route';
import { strict } from '../../kernel/schema';
import { download } from './download';
import { downloadReplies } from './download_route';
import { checkDigest } from './model';
import { Digest } from './schema';

export const digestRoute = defineRoute({
  name: 'artifact_download_by_digest',
  summary: 'Read a content of any size by its sha256.',
  scope: 'artifact.read',
  method: 'GET',
  path: '/artifact/by-digest/:digest',
  input: strict({ digest: Digest }),
  replies: downloadReplies,
  errors: ['no_such_file', 'artifact_corrupt', 'range_not_satisfiable'],
  example: { digest: 'ba4788b226aa8dc2e6dc74248bb9f618cfa8c959e0c26c147be48f6839a0b088' },
  handle: async ({ artifacts }, { digest }, { method, headers }) =>
    download(await artifacts.readDigest(checkDigest(digest)), { name: digest.toLowerCase(), type: 'application/octet-stream' }, method, headers),
});
