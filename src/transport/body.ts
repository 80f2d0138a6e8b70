import { ZdError } from '../kernel/error';
import { parseJson, parseLargeJson } from '../kernel/json';
import type { Op } from '../kernel/op';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MEDIA = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/**
 * What the headers say of a body, before a byte of it is read: `unsupported_media_type` or `too_large`, or nothing. A body
 * without a content type is for `parseBody` to refuse; whether there is one is not known yet.
 */
export function checkHead(headers: Headers, limit: number, typeNeeded: boolean): void {
  const type = headers.get('content-type');
  if (type === null ? typeNeeded : type !== 'application/json' && !MEDIA.test(type)) throw new ZdError('unsupported_media_type');
  if (Number(headers.get('content-length')) > limit) throw tooLarge(limit);
}

/** The whole body. A length that is announced was checked; one that is not is bounded while reading. */
export const readBody = (request: Request, limit: number): Promise<Uint8Array> =>
  request.headers.has('transfer-encoding') ? readCapped(request, limit) : request.bytes();

/** Larger bodies are read in several turns of the event loop. */
const LARGE_BYTES = 512 * 1024;

/** The JSON value of a body, or undefined when there is none at all; nothing is ever taken for `{}`. A promise for a large one. */
export function parseBody(bytes: Uint8Array, headers: Headers, depth: number, uniqueKeys = false): unknown {
  if (bytes.length === 0) return undefined;
  if (!headers.has('content-type')) throw new ZdError('unsupported_media_type');
  const text = decode(bytes);
  return bytes.length > LARGE_BYTES ? parseLargeJson(text, depth, uniqueKeys) : parseJson(text, depth, uniqueKeys);
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new ZdError('bad_json', 'The body is not UTF-8.');
  }
}

async function readCapped(request: Request, limit: number): Promise<Uint8Array> {
  if (!request.body) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of request.body as unknown as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const tooLarge = (limit: number): ZdError => new ZdError('too_large', `The body is larger than ${limit} bytes.`, { extra: { limit } });

/** No body at all counts as `{}` for an op that needs nothing. */
export function emptyInput(op: Op): object {
  if (op.input.required?.length) throw new ZdError('bad_args', `${op.name} needs a JSON object as its body.`, { path: '' });
  return {};
}
