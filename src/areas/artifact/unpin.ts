import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { ArtifactName, Entry, entryOf } from './schema';

export const unpin = defineOp({
  name: 'artifact_unpin',
  summary: 'Let a name be collected again.',
  scope: 'artifact.write',
  effect: 'write',
  input: strict({ name: ArtifactName }),
  output: strict(Entry),
  errors: ['no_such_file'],
  cli: { path: ['artifact', 'unpin'], positional: ['name'], essential: null },
  example: { name: 'build/notes.txt' },
  exampleSetup: [{ op: 'artifact_put', input: { name: 'build/notes.txt', value: 'green' } }],
  handle: async ({ artifacts }, { name }) => entryOf(await artifacts.pin(name, false)),
});
