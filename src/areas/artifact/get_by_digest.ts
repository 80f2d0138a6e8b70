import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { inline } from './inline';
import { checkDigest } from './model';
import { Bytes, Digest } from './schema';

export const getByDigest = defineOp({
  name: 'artifact_get_by_digest',
  summary: 'Read a small content by its sha256, in base64.',
  description: 'Does not count as a use of any name. The bytes of any size: `GET /artifact/by-digest/DIGEST`.',
  scope: 'artifact.read',
  effect: 'read',
  input: strict({ digest: Digest }),
  output: strict({ name: t.Null(), digest: t.String(), bytes: Bytes, value_base64: t.String() }),
  errors: ['no_such_file', 'artifact_corrupt', 'too_large'],
  cli: { path: ['artifact', 'get-by-digest'], positional: ['digest'], essential: 'value' },
  example: { digest: 'ba4788b226aa8dc2e6dc74248bb9f618cfa8c959e0c26c147be48f6839a0b088' },
  exampleSetup: [{ op: 'artifact_put', input: { name: 'build/notes.txt', value: 'green' } }],
  handle: async ({ artifacts }, input) => {
    const content = await artifacts.readDigest(checkDigest(input.digest));
    return { name: null, digest: content.digest, bytes: content.bytes, value_base64: await inline(artifacts, content) };
  },
});
