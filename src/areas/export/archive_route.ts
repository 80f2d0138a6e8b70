import { bodyOfChunks, defineRoute } from '../../kernel/route';
import { strict, t } from '../../kernel/schema';

export const archiveRoute = defineRoute({
  name: 'export_archive',
  summary: 'A backup of everything zd keeps, as it is made.',
  description: 'What `export_all` writes to a file. It is whole when its last member, manifest.json, has come; `import_all` checks that.',
  scope: 'export.admin',
  method: 'GET',
  path: '/export/all',
  input: strict({ include_sensitive: t.Optional(t.Boolean({ default: false, description: 'Private keys too.' })) }),
  replies: [{ status: 200, description: 'A tar archive compressed with zstd.', type: 'application/zstd' }],
  errors: [],
  example: {},
  handle: async ({ archives }, { include_sensitive = false }, { method }) => {
    const headers = {
      'content-type': 'application/zstd',
      'content-disposition': 'attachment; filename="zd-backup.tar.zst"',
      'cache-control': 'no-store',
    };
    if (method === 'HEAD') return new Response(null, { headers });
    const chunks = archives.stream(include_sensitive);
    // The first chunk before the reply: what cannot begin is a failure with a code.
    const first = await chunks.next();
    return new Response(bodyOfChunks(behind(first, chunks)), { headers });
  },
});

async function* behind<T>(first: IteratorResult<T, void>, rest: AsyncGenerator<T>): AsyncGenerator<T> {
  try {
    if (first.done) return;
    yield first.value;
    yield* rest;
  } finally {
    // A client that leaves ends the backup.
    await rest.return(undefined);
  }
}
