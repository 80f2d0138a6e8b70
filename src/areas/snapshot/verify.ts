import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Count, PublicKey, Registry, Tag } from './schema';

export const verify = defineOp({
  name: 'snapshot_verify',
  summary: 'Check that a snapshot is what was signed, under this tag, by a key that is trusted.',
  description: 'Trusted is the key given, else the one of this home; one that comes with the signature is not.',
  scope: 'snapshot.read',
  effect: 'read',
  input: strict({ tag: Tag, public_key: t.Optional(PublicKey), registry: Registry }),
  output: strict({
    tag: t.String(),
    sha256: t.String(),
    bytes: Count,
    public_key: t.String(),
    trusted: t.Union([t.Literal('supplied'), t.Literal('local')]),
  }),
  errors: ['snapshot_verify_failed', 'snapshot_key', 'snapshot_read', 'no_such_file', 'too_large'],
  cli: { path: ['snapshot', 'verify'], positional: ['tag'], essential: 'sha256' },
  example: { tag: 'before-the-move' },
  exampleSetup: [
    { op: 'snapshot_save', input: { tag: 'before-the-move', force: true } },
    { op: 'snapshot_sign', input: { tag: 'before-the-move' } },
  ],
  handle: async ({ snapshots }, { tag, public_key = null, registry = null }, call) => {
    if (registry !== null) call.need('snapshot.admin');
    const { sha256, bytes, publicKey, trusted } = await snapshots.verify(tag, public_key, registry);
    return { tag, sha256, bytes, public_key: publicKey, trusted };
  },
});
