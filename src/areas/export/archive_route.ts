import { defineRoute } from '../../kernel/route';
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
    return new Response(streamOf(first, chunks), { headers });
  },
});

/** Asks for the next piece when the socket has taken the one before; a client that leaves ends the backup. */
const streamOf = (first: IteratorResult<Uint8Array, void>, chunks: AsyncGenerator<Uint8Array>): ReadableStream =>
  new ReadableStream(
    {
      start: (controller) => (first.done ? controller.close() : controller.enqueue(first.value)),
      async pull(controller) {
        const { value, done } = await chunks.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async () => void (await chunks.return(undefined)),
    },
    { highWaterMark: 0 },
  );
