import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { ArtifactName, Bytes } from './schema';

export const del = defineOp({
  name: 'artifact_delete',
  summary: 'Delete a name; its content goes too when no other name has it.',
  description: 'Pins do not hinder it. A download that has begun gets all its bytes.',
  scope: 'artifact.write',
  effect: 'destructive',
  input: strict({ name: ArtifactName }),
  output: strict({ name: t.String(), digest: t.String(), bytes: Bytes }),
  errors: ['no_such_file'],
  cli: { path: ['artifact', 'delete'], positional: ['name'], essential: null },
  example: { name: 'build/old.txt' },
  exampleSetup: [{ op: 'artifact_put', input: { name: 'build/old.txt', value: 'red' } }],
  handle: async ({ artifacts }, { name }) => {
    const { digest, bytes } = await artifacts.delete(name);
    return { name, digest, bytes };
  },
});
