import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';

export const pubkey = defineOp({
  name: 'snapshot_pubkey',
  summary: 'Tell the public half of the key snapshots are signed with; it is made at the first use.',
  scope: 'snapshot.read',
  effect: 'write',
  input: strict({}),
  output: strict({ algorithm: t.Literal('ed25519'), public_key: t.String(), key_path: t.String() }),
  errors: ['snapshot_key'],
  cli: { path: ['snapshot', 'pubkey'], essential: 'public_key' },
  example: {},
  handle: async ({ snapshots }) => {
    const { publicKey, path } = await snapshots.publicKey();
    return { algorithm: 'ed25519' as const, public_key: publicKey, key_path: path };
  },
});
