import { ZdError } from './error';

/** Parses JSON that came over the wire. `bad_json` says what is wrong, also with a nesting deeper than `depth`. */
export function parseJson(text: string, depth: number): unknown {
  if (text.length > depth && nesting(text) > depth)
    throw new ZdError('bad_json', `The body is nested deeper than ${depth} levels.`, { extra: { limit: depth } });
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ZdError('bad_json', `The body is not JSON: ${(error as Error).message}`);
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
