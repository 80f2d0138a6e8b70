import { defineRoute } from '../../kernel/route';
import { strict } from '../../kernel/schema';
import { download } from './download';
import { ArtifactName } from './schema';

export const downloadReplies = [
  { status: 200, description: 'The whole content. `ETag` is its digest in quotes.', type: 'application/octet-stream' },
  { status: 206, description: 'The part that `Range` asked for; several as `multipart/byteranges`.', type: 'application/octet-stream' },
  { status: 304, description: '`If-None-Match` names the digest it has.' },
] as const;

export const downloadRoute = defineRoute({
  name: 'artifact_download',
  summary: 'Read a content of any size by its name.',
  description:
    'Ranges (up to 32 at once), `If-Range`, `If-None-Match` and `HEAD` as in RFC 9110; what lies there compressed goes out so to who accepts zstd. On the unix socket `zd-file` (inode and path, percent-encoded) says where a large content lies, so that a client may copy the file. No byte is sent before the whole content has been compared with its digest since the daemon started or since its file changed.',
  scope: 'artifact.read',
  method: 'GET',
  path: '/artifact/*name',
  input: strict({ name: ArtifactName }),
  replies: downloadReplies,
  errors: ['no_such_file', 'artifact_corrupt', 'range_not_satisfiable'],
  example: { name: 'build/notes.txt' },
  handle: async ({ artifacts }, { name }, { method, headers, caller }) => {
    const { row, content } = await artifacts.read(name);
    return download(content, { ...row, local: caller.via === 'unix' }, method, headers);
  },
});
