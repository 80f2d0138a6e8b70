import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Count, Generation, Tag } from './schema';

export const load = defineOp({
  name: 'snapshot_load',
  summary: 'Make the catalogue what a snapshot says, all of it or nothing.',
  description:
    'The file is read to its end and checked before anything is changed; then one durable transaction replaces the definitions of every shell, ' +
    'or of one. The change is told on /stream/definitions and as `snapshot.loaded`.',
  scope: 'snapshot.write',
  effect: 'destructive',
  input: strict({
    tag: Tag,
    shell_id: t.Optional(t.String({ minLength: 1, maxLength: 32, description: 'Only the definitions of this shell; the others stay.' })),
    dry_run: t.Optional(t.Boolean({ default: false, description: 'Only tell what would change.' })),
  }),
  output: strict({
    tag: t.String(),
    rows_restored: t.Integer({ minimum: 0, description: 'Rows of the snapshot that hold now; with dry_run, that would.' }),
    rows_removed: t.Integer({ minimum: 0, description: 'Rows that held before.' }),
    generation: Generation,
    dry_run: t.Boolean(),
    summary: strict({ added: Count, removed: Count, changed: Count }),
  }),
  errors: ['no_such_file', 'snapshot_read', 'quota_exceeded'],
  cli: { path: ['snapshot', 'load'], positional: ['tag'], essential: 'rows_restored' },
  example: { tag: 'before-the-move' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'before-the-move', force: true } }],
  handle: async ({ snapshots }, { tag, shell_id = null, dry_run = false }) => {
    const { generation, rows, removed, summary } = await snapshots.load(tag, shell_id, dry_run);
    return { tag, rows_restored: rows, rows_removed: removed, generation, dry_run, summary };
  },
});
