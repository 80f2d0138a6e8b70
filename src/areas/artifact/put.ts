import { defineOp } from '../../kernel/op';
import { strict, t } from '../../kernel/schema';
import { mediaType } from './http';
import { checkDigest, contentOf } from './model';
import { ArtifactName, Bytes, Digest } from './schema';

export const put = defineOp({
  name: 'artifact_put',
  summary: 'Store a small content under a name; equal contents are kept once.',
  description:
    'A string is stored as its UTF-8 bytes, other JSON as its text, `value_base64` as bytes. Acknowledged when content and name are on the disk. For contents of any size: `PUT /artifact/NAME`.',
  scope: 'artifact.write',
  effect: 'write',
  input: strict({
    name: ArtifactName,
    value_base64: t.Optional(t.String({ description: 'Bytes in the standard alphabet, padded.' })),
    value: t.Optional(t.Unknown({ description: 'A text, or any other JSON. Either this or value_base64.' })),
    digest: t.Optional(Digest),
    type: t.Optional(t.String({ maxLength: 200, description: 'Media type (default application/octet-stream).' })),
  }),
  output: strict({ name: t.String(), digest: t.String(), bytes: Bytes, created: t.Boolean({ description: 'Whether the name is new.' }) }),
  errors: ['too_large', 'quota_exceeded', 'digest_mismatch'],
  example: { name: 'build/notes.txt', value: 'green' },
  maxBody: 64 << 20,
  handle: async ({ artifacts }, { name, value, value_base64, digest, type }, call) => {
    const content = contentOf(value, value_base64);
    const limit = artifacts.limits().maxInlineBytes;
    if (content.length > limit)
      throw call.fail('too_large', `The content has ${content.length} bytes, the limit inside JSON is ${limit} (artifact.max_inline_bytes).`, {
        hint: 'Send it as the body of PUT /artifact/NAME: `zd artifact put NAME FILE`.',
        extra: { limit },
      });
    const upload = { name, type: mediaType(type ?? null), digest: digest === undefined ? null : checkDigest(digest), length: content.length };
    return artifacts.upload(upload, [content]);
  },
});
