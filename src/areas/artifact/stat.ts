import { defineOp } from '../../kernel/op';
import { nullable, strict, t } from '../../kernel/schema';
import { ArtifactName, Bytes, EntryObject, entryOf } from './schema';

const Count = (description: string) => t.Integer({ minimum: 0, description });

export const stat = defineOp({
  name: 'artifact_stat',
  summary: 'Sizes and counters of the artifact store, or what is known of one name.',
  scope: 'artifact.read',
  effect: 'read',
  input: strict({ name: t.Optional(ArtifactName) }),
  output: strict({
    entry: nullable(EntryObject),
    names: Count('Names in all.'),
    pinned: Count('Names that are pinned.'),
    blobs: Count('Distinct contents.'),
    bytes: t.Integer({ minimum: 0, description: 'Their bytes, each content counted once.' }),
    stored_bytes: t.Integer({ minimum: 0, description: 'What they take on the disk.' }),
    corrupt: Count('Contents that are out of use because they were damaged.'),
    namespaces: t.Array(strict({ ns: t.String(), names: Count('Names.'), bytes: Bytes }), { description: 'A content counts once in each.' }),
    hits: Count('Reads answered since start.'),
    misses: Count('Reads of what was not there or damaged, since start.'),
    corruptions: Count('Contents found damaged since start.'),
  }),
  errors: ['no_such_file'],
  cli: { path: ['artifact', 'stat'], positional: ['name'] },
  example: {},
  handle: ({ artifacts }, { name }) => {
    const entry = name === undefined ? null : entryOf(artifacts.require(name));
    const { hits, misses, corrupt: corruptions } = artifacts.statistics();
    return { entry, ...artifacts.table.sums(), namespaces: artifacts.table.namespaces(), hits, misses, corruptions };
  },
});
