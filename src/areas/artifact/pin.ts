import { defineOp } from '../../kernel/op';
import { strict } from '../../kernel/schema';
import { ArtifactName, Entry, entryOf } from './schema';

export const pin = defineOp({
  name: 'artifact_pin',
  summary: 'Keep a name from being collected.',
  scope: 'artifact.write',
  effect: 'write',
  input: strict({ name: ArtifactName }),
  output: strict(Entry),
  errors: ['no_such_file'],
  cli: { path: ['artifact', 'pin'], positional: ['name'], essential: null },
  example: { name: 'build/notes.txt' },
  exampleSetup: [{ op: 'artifact_put', input: { name: 'build/notes.txt', value: 'green' } }],
  handle: async ({ artifacts }, { name }) => entryOf(await artifacts.pin(name, true)),
});
