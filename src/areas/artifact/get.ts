import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { inline } from './inline';
import { ArtifactName, Bytes } from './schema';

export const get = defineOp({
  name: 'artifact_get',
  summary: 'Read a small content by its name, in base64.',
  description:
    'Counts as a use. `no_such_file` when nothing has the name; `artifact_corrupt` when the content no longer has its digest: it is taken out of use and never served. For contents of any size: `GET /artifact/NAME`.',
  scope: 'artifact.read',
  effect: 'read',
  input: strict({ name: ArtifactName }),
  output: strict({ name: t.String(), digest: t.String(), bytes: Bytes, value_base64: t.String() }),
  errors: ['no_such_file', 'artifact_corrupt', 'too_large'],
  example: { name: 'build/notes.txt' },
  exampleSetup: [{ op: 'artifact_put', input: { name: 'build/notes.txt', value: 'green' } }],
  handle: async ({ artifacts }, { name }) => {
    const { content } = await artifacts.read(name);
    return { name, digest: content.digest, bytes: content.bytes, value_base64: await inline(artifacts, content) };
  },
});
