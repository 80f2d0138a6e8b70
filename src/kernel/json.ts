import { ZdError } from './error';

/** Whether a value that JSON may hold is an object, not a list or null. */
export const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Parses JSON that came over the wire. `bad_json` says what is wrong, also with a nesting deeper than `depth` and, with `uniqueKeys`, with a
 * member that stands twice in an object.
 */
export function parseJson(text: string, depth: number, uniqueKeys = false): unknown {
  refuseDeep(text, depth);
  const value = parsed(text);
  if (uniqueKeys) refuseDuplicates(text, value);
  return value;
}

/** The same for megabytes, which take a turn of the event loop for each look at them. */
export async function parseLargeJson(text: string, depth: number, uniqueKeys = false): Promise<unknown> {
  refuseDeep(text, depth);
  await nextTurn();
  const value = parsed(text);
  await nextTurn();
  if (!uniqueKeys) return value;
  const colons = colonsOf(text);
  await nextTurn();
  if (colons !== members(value)) refuseDuplicates(text, value);
  await nextTurn();
  return value;
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function refuseDeep(text: string, depth: number): void {
  if (text.length > depth && nesting(text) > depth)
    throw new ZdError('bad_json', `The body is nested deeper than ${depth} levels.`, { extra: { limit: depth } });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ZdError('bad_json', `The body is not JSON: ${(error as Error).message}`);
  }
}

/** `bad_json` with the name of a member that stands twice in an object of the text. */
export function refuseDuplicates(text: string, value: unknown): void {
  const key = duplicateKey(text, value);
  if (key !== null) throw new ZdError('bad_json', `The body has the member ${JSON.stringify(key.slice(0, 100))} twice in one object.`);
}

/** Deepest nesting of brackets outside strings. Checked before parsing: the parser and every later walk recurse. */
function nesting(text: string): number {
  let level = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 34) at = stringEnd(text, at);
    else if (char === 91 || char === 123) deepest = Math.max(deepest, ++level);
    else if (char === 93 || char === 125) level--;
  }
  return deepest;
}

/**
 * The name of a member that stands twice in an object, or null. `value` is what the text was parsed to: a member that `JSON.parse` dropped
 * leaves it with fewer members than the text has colons, and only then the text is gone through for the name.
 */
const duplicateKey = (text: string, value: unknown): string | null => (colonsOf(text) === members(value) ? null : firstDuplicate(text));

/** Colons outside of strings. */
function colonsOf(text: string): number {
  let colons = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 34) at = stringEnd(text, at);
    else if (char === 58) colons++;
  }
  return colons;
}

/** Where the string that begins at `at` ends, on its closing quote. */
function stringEnd(text: string, at: number): number {
  for (;;) {
    const end = text.indexOf('"', at + 1);
    if (end === -1) return text.length;
    // An odd number of backslashes before it makes it a quote inside the string.
    let before = end - 1;
    while (before > at && text.charCodeAt(before) === 92) before--;
    if ((end - before) % 2 === 1) return end;
    at = end;
  }
}

/** Members of all objects in a value. It is as deep as `parseJson` allowed. */
function members(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  let sum = 0;
  if (Array.isArray(value)) for (const each of value) sum += members(each);
  else
    for (const each of Object.values(value)) {
      sum++;
      if (typeof each === 'object') sum += members(each);
    }
  return sum;
}

function firstDuplicate(text: string): string | null {
  const open: (Set<string> | null)[] = [];
  let last = '';
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '"') {
      const end = stringEnd(text, at);
      last = text.slice(at, end + 1);
      at = end;
    } else if (char === '{') open.push(new Set());
    else if (char === '[') open.push(null);
    else if (char === '}' || char === ']') open.pop();
    else if (char === ':') {
      const key = JSON.parse(last) as string;
      const seen = open.at(-1);
      if (seen?.has(key)) return key;
      seen?.add(key);
    }
  }
  return null;
}
