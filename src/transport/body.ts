import { ZdError } from '../kernel/error';

export interface BodyLimits {
  readonly bytes: number;
  /** Deepest nesting of arrays and objects. */
  readonly depth: number;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const MEDIA = /^application\/json\s*(?:;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i;

/**
 * The JSON value of a request, or undefined when there is no body at all. Fails with `unsupported_media_type`,
 * `too_large` (before reading, where the length is announced) or `bad_json`; nothing is ever taken for `{}`.
 */
export async function readJson(request: Request, limits: BodyLimits, typeNeeded: boolean): Promise<unknown> {
  const type = request.headers.get('content-type');
  const announced = request.headers.get('content-length');
  if (type === null ? typeNeeded : type !== 'application/json' && !MEDIA.test(type)) throw new ZdError('unsupported_media_type');
  if (announced !== null && Number(announced) > limits.bytes) throw tooLarge(limits.bytes);
  const bytes = announced === null ? await readCapped(request, limits.bytes) : await request.bytes();
  if (bytes.length === 0) return undefined;
  if (type === null) throw new ZdError('unsupported_media_type');
  return parseJson(bytes, limits.depth);
}

export function parseJson(bytes: Uint8Array, depth: number): unknown {
  try {
    const text = utf8.decode(bytes);
    if (text.length > depth && nesting(text) > depth) throw new ZdError('bad_json', `The body is nested deeper than ${depth} levels.`, { extra: { limit: depth } });
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
