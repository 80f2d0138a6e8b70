import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Bytes, Prefix } from './schema';

const NAMES_TOLD = 1000;

export const gc = defineOp({
  name: 'artifact_gc',
  summary: 'Remove artifacts that are old, or the least recently used until the rest fits, and contents nobody names.',
  description:
    'A put and a get count as a use. A content with several names counts once, and it goes with all of them or not at all. Never removed: what is pinned, being put or read, or was put within artifact.grace_secs. ' +
    'Without `max_age_secs` and `max_bytes` only contents without a name go.',
  scope: 'artifact.admin',
  effect: 'destructive',
  waits: true,
  input: strict({
    max_age_secs: t.Optional(t.Integer({ minimum: 0, maximum: 3_153_600_000, description: 'Remove what was not used for this long.' })),
    max_bytes: t.Optional(t.Integer({ minimum: 0, description: 'What the contents of the names with the prefix may hold together afterwards.' })),
    prefix: t.Optional(Prefix),
    dry_run: t.Optional(t.Boolean({ description: 'Only tell what would be removed.' })),
  }),
  output: strict({
    removed: t.Integer({ minimum: 0, description: 'Names removed.' }),
    freed_bytes: Bytes,
    blobs: t.Integer({ minimum: 0, description: 'Contents removed.' }),
    names: t.Array(t.String(), { description: `The first ${NAMES_TOLD} of the names.` }),
    dry_run: t.Boolean(),
  }),
  errors: [],
  cli: { path: ['artifact', 'gc'], rename: { max_age_secs: 'max-age' }, essential: 'names' },
  example: { max_bytes: 1_000_000_000, dry_run: true },
  handle: async ({ artifacts }, { max_age_secs, max_bytes, prefix = '', dry_run = false }) => {
    const { names, blobs, freedBytes } = await artifacts.collect({
      maxAgeSecs: max_age_secs,
      maxBytes: max_bytes,
      prefix,
      dryRun: dry_run,
      files: true,
    });
    return { removed: names.length, freed_bytes: freedBytes, blobs, names: names.slice(0, NAMES_TOLD), dry_run };
  },
});
