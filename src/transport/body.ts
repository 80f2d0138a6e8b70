import { ZdError } from '../kernel/error';
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

/** The JSON value of a body, or undefined when there is none at all; nothing is ever taken for `{}`. */
export function parseBody(bytes: Uint8Array, headers: Headers, depth: number): unknown {
  if (bytes.length === 0) return undefined;
  if (!headers.has('content-type')) throw new ZdError('unsupported_media_type');
  return parseJson(bytes, depth);
}

function parseJson(bytes: Uint8Array, depth: number): unknown {
  try {
    const text = utf8.decode(bytes);
    if (text.length > depth && nesting(text) > depth)
      throw new ZdError('bad_json', `The body is nested deeper than ${depth} levels.`, { extra: { limit: depth } });
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof ZdError) throw error;
    throw new ZdError('bad_json', error instanceof SyntaxError ? `The body is not JSON: ${error.message}` : 'The body is not UTF-8.');
  }
}

/** Deepest nesting of brackets outside strings. Checked before parsing: the parser and every later walk recurse. */
function nesting(text: string): number {
  let level = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 34) {
      for (at++; at < text.length && text.charCodeAt(at) !== 34; at++) if (text.charCodeAt(at) === 92) at++;
    } else if (char === 91 || char === 123) deepest = Math.max(deepest, ++level);
    else if (char === 93 || char === 125) level--;
  }
  return deepest;
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
