import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { Count, PublicKey, Registry, Tag } from './schema';

export const pull = defineOp({
  name: 'snapshot_pull',
  summary: 'Fetch a snapshot from a registry and check it; nothing is kept unless it passes.',
  description: 'Loading it is another step. Trusted is the key given, else the one of this home.',
  scope: 'snapshot.write',
  effect: 'write',
  input: strict({
    tag: Tag,
    registry: Registry,
    public_key: t.Optional(PublicKey),
    force: t.Optional(t.Boolean({ default: false, description: 'Replace the snapshot of this tag.' })),
  }),
  output: strict({
    tag: t.String(),
    registry: t.String(),
    sha256: t.String(),
    bytes: Count,
    path: t.String(),
    trusted: t.Union([t.Literal('supplied'), t.Literal('local')]),
    public_key: t.String(),
  }),
  errors: [
    'snapshot_exists',
    'no_registry',
    'no_such_file',
    'snapshot_read',
    'snapshot_key',
    'snapshot_verify_failed',
    'snapshot_write',
    'too_large',
  ],
  cli: { path: ['snapshot', 'pull'], positional: ['tag'], essential: 'path' },
  example: { tag: 'before-the-move', registry: '/tmp/zd-example-registry', force: true },
  exampleSetup: [
    { op: 'snapshot_save', input: { tag: 'before-the-move', force: true } },
    { op: 'snapshot_publish', input: { tag: 'before-the-move', registry: '/tmp/zd-example-registry' } },
  ],
  handle: async ({ snapshots }, { tag, registry = null, public_key = null, force = false }, call) => {
    if (registry !== null) call.need('snapshot.admin');
    const { publicKey, ...rest } = await snapshots.pull(tag, registry, public_key, force);
    return { tag, ...rest, public_key: publicKey };
  },
});
