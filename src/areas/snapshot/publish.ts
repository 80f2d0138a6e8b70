import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { MANIFEST_FILE, SIGNATURE_FILE, SNAPSHOT_FILE } from './registry_files';
import { Registry, Tag } from './schema';

export const publish = defineOp({
  name: 'snapshot_publish',
  summary: 'Put a signed snapshot into a registry; it is signed first where it is not.',
  description: 'The files lie under TAG/ there, the manifest is written last. A signature that does not hold stops it before anything is sent.',
  scope: 'snapshot.write',
  effect: 'write',
  input: strict({ tag: Tag, registry: Registry }),
  output: strict({ tag: t.String(), registry: t.String(), sha256: t.String(), files: t.Array(t.String()) }),
  errors: ['no_registry', 'no_such_file', 'snapshot_read', 'snapshot_key', 'snapshot_verify_failed', 'snapshot_write', 'snapshot_publish'],
  cli: { path: ['snapshot', 'publish'], positional: ['tag'], essential: 'sha256' },
  example: { tag: 'before-the-move', registry: '/tmp/zd-example-registry' },
  exampleSetup: [{ op: 'snapshot_save', input: { tag: 'before-the-move', force: true } }],
  handle: async ({ snapshots }, { tag, registry = null }, call) => {
    if (registry !== null) call.need('snapshot.admin');
    const published = await snapshots.publish(tag, registry);
    return { tag, ...published, files: [SNAPSHOT_FILE, SIGNATURE_FILE, MANIFEST_FILE] };
  },
});
