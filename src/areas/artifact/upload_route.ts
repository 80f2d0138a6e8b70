import { ZdError } from '../../kernel/error';
import { defineRoute } from '../../kernel/route';
import { strict, t } from '../../kernel/schema';
import { declaredDigest, mediaType, tagOf } from './http';
import { checkDigest } from './model';
import { ArtifactName, Bytes, Digest } from './schema';

const Reply = strict({ ok: t.Boolean(), name: t.String(), digest: t.String(), bytes: Bytes, created: t.Boolean() });

export const uploadRoute = defineRoute({
  name: 'artifact_upload',
  summary: 'Store the request body, of any size, under a name.',
  description:
    'A digest in the query, or in `Content-Digest` (RFC 9530), is compared before anything is stored. Answered when content and name are on the disk; an upload that breaks off leaves nothing.',
  scope: 'artifact.write',
  method: 'PUT',
  path: '/artifact/*name',
  input: strict({ name: ArtifactName, digest: t.Optional(Digest) }),
  requestBody: { type: 'application/octet-stream', description: 'The bytes. Their content type is kept.' },
  replies: [
    { status: 201, description: 'Stored under a new name.', type: 'application/json', schema: Reply },
    { status: 200, description: 'Stored; the name stood for something before.', type: 'application/json', schema: Reply },
  ],
  errors: ['bad_request', 'too_large', 'quota_exceeded', 'digest_mismatch'],
  example: { name: 'build/notes.txt' },
  handle: async ({ artifacts }, { name, digest }, call) => {
    const { headers, body } = call;
    const header = declaredDigest(headers);
    if (header === 'bad') throw call.fail('bad_args', 'The digest header holds no sha-256 in base64.');
    const announced = digest === undefined ? header : checkDigest(digest);
    if (header !== null && announced !== header)
      throw call.fail('bad_args', 'The digest header and the query name different digests.', { path: '/digest' });
    const length = headers.get('content-length');
    const upload = { name, type: mediaType(headers.get('content-type')), digest: announced, length: length === null ? null : Number(length) };
    const stored = await artifacts.upload(upload, body ? whole(body) : []);
    return new Response(JSON.stringify({ ok: true, ...stored }), {
      status: stored.created ? 201 : 200,
      headers: { 'content-type': 'application/json', etag: tagOf(stored.digest) },
    });
  },
});

/** A client that leaves in the middle is no fault of ours. */
async function* whole(body: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body as unknown as AsyncIterable<Uint8Array<ArrayBuffer>>) {
      yield chunk;
      // It has been taken. Its memory is free for the next one now, and not after so many chunks as a collector may wait for.
      if (chunk.byteLength === chunk.buffer.byteLength) chunk.buffer.transfer(0);
    }
  } catch (error) {
    throw new ZdError('bad_request', 'The upload broke off.', { cause: error });
  }
}
