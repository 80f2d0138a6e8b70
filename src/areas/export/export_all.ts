import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

/** Names in a reply; the archive itself lists all of them. */
const MOST_NAMES = 10_000;

export const exportAll = defineOp({
  name: 'export_all',
  summary: 'Write a backup of everything zd keeps to a file: databases, artifacts, output of jobs, snapshots.',
  description:
    'A tar archive compressed with zstd, with a manifest of what is in it. One point in time: the databases are copied by SQLite itself. ' +
    'Tokens and config.toml are never in it. The file must not be there yet. Over TCP rather use GET /export/all, which sends it to you. While SQLite copies, which takes ' +
    'some seconds per gigabyte, other calls wait.',
  scope: 'export.admin',
  effect: 'write',
  waits: true,
  input: strict({
    out: t.String({
      minLength: 1,
      maxLength: 4096,
      description: 'An absolute path outside of the folder of zd, or a name alone for a file in its folder `exports`.',
    }),
    include_sensitive: t.Optional(t.Boolean({ default: false, description: 'Private keys too.' })),
  }),
  output: strict({
    out: t.String(),
    archived: t.Array(t.String(), { description: `Names of members, the first ${MOST_NAMES}.` }),
    archived_count: t.Integer({ minimum: 0 }),
    total_bytes: t.Integer({ minimum: 0, description: 'Of the file.' }),
    include_sensitive: t.Boolean(),
  }),
  errors: ['create_failed'],
  example: { out: 'friday.tar.zst' },
  handle: async ({ archives }, { out, include_sensitive = false }) => {
    const { file, members, bytes } = await archives.write(out, include_sensitive);
    return { out: file, archived: members.slice(0, MOST_NAMES), archived_count: members.length, total_bytes: bytes, include_sensitive };
  },
});
