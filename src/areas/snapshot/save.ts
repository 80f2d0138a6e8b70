import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Count, Generation, Tag } from './schema';

export const save = defineOp({
  name: 'snapshot_save',
  summary: 'Save everything every shell defines, under a tag.',
  description:
    'One file of JSON lines, compressed with zstd: every record of every kind and shell with all its fields, taken in one view of the database. ' +
    'Answered when the file is on the disk. A tag that is taken is refused unless `force` is given; then its signature goes too.',
  scope: 'snapshot.write',
  effect: 'write',
  input: strict({
    tag: Tag,
    notes: t.Optional(t.String({ maxLength: 4096, description: 'For people; kept and listed.' })),
    force: t.Optional(t.Boolean({ default: false, description: 'Replace the snapshot of this tag.' })),
  }),
  output: strict({
    tag: t.String(),
    path: t.String(),
    bytes: Count,
    bytes_prev: t.Integer({ minimum: 0, description: 'Of the snapshot it replaced; 0 for none.' }),
    generation: Generation,
    total_rows: Count,
  }),
  errors: ['snapshot_exists', 'snapshot_write'],
  cli: { path: ['snapshot', 'save'], positional: ['tag'], essential: 'path' },
  example: { tag: 'before-the-move', notes: 'all shells as they were', force: true },
  handle: async ({ snapshots }, { tag, notes = null, force = false }) => {
    const { path, bytes, bytesBefore, generation, rows } = await snapshots.save(tag, notes?.toWellFormed() ?? null, force);
    return { tag, path, bytes, bytes_prev: bytesBefore, generation, total_rows: rows };
  },
});
