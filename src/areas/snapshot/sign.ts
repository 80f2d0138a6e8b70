import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Count, Tag } from './schema';

export const sign = defineOp({
  name: 'snapshot_sign',
  summary: 'Sign a snapshot with the key of this home.',
  description: 'Signed are the tag, the digest and size of the file, and the time: under another tag the signature does not hold.',
  scope: 'snapshot.write',
  effect: 'write',
  input: strict({ tag: Tag }),
  output: strict({ tag: t.String(), sha256: t.String(), bytes: Count, public_key: t.String(), sig_path: t.String() }),
  errors: ['no_such_file', 'snapshot_read', 'snapshot_key', 'snapshot_write'],
  cli: { path: ['snapshot', 'sign'], positional: ['tag'], essential: 'sig_path' },
  example: { tag: 'before-the-move' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'before-the-move', force: true } }],
  handle: async ({ snapshots }, { tag }) => {
    const { sha256, bytes, public_key, path } = await snapshots.sign(tag);
    return { tag, sha256, bytes, public_key, sig_path: path };
  },
});
