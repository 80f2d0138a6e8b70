import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Tag } from './schema';

export const deleteSnapshot = defineOp({
  name: 'snapshot_delete',
  summary: 'Remove a snapshot and its signature.',
  scope: 'snapshot.write',
  effect: 'destructive',
  input: strict({ tag: Tag }),
  output: strict({ tag: t.String() }),
  errors: ['no_such_file'],
  cli: { path: ['snapshot', 'delete'], positional: ['tag'], essential: null },
  example: { tag: 'old' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'old', force: true } }],
  handle: async ({ snapshots }, { tag }) => {
    await snapshots.remove(tag);
    return { tag };
  },
});
