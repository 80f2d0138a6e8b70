/** Whether a path relative to the watched root matches. */
export type PathMatcher = (path: string) => boolean;

export const MAX_GLOBS = 64;
export const MAX_GLOB_CHARS = 1024;

/**
 * Globs as one matcher, or what is wrong with one of them. `*` and `?` stay within a name, `**` crosses folders, `[ab]` and
 * `{a,b}` choose. One without a slash is for a name at any depth, one with a slash for the path from the root. A match of a
 * folder takes in everything below it.
 */
export function parseGlobs(texts: readonly string[]): PathMatcher | string {
  const names: Bun.Glob[] = [];
  const paths: Bun.Glob[] = [];
  for (const text of new Set(texts)) {
    const fault = faultOf(text);
    if (fault !== null) return `"${text.slice(0, 100)}": ${fault}`;
    const trimmed = text.replace(/^\.?\/+/, '').replace(/\/+$/, '');
    const anchored = /^\.?\//.test(text) || trimmed.includes('/');
    // Bun takes a leading `!` as negation; here it is a character like any other.
    (anchored ? paths : names).push(new Bun.Glob(trimmed.replace(/^!/, '\\!')));
  }
  return (path) => {
    for (let end = path.indexOf('/'); ; end = path.indexOf('/', end + 1)) {
      const part = end === -1 ? path : path.slice(0, end);
      const name = part.slice(part.lastIndexOf('/') + 1);
      if (names.some((glob) => glob.match(name)) || paths.some((glob) => glob.match(part))) return true;
      if (end === -1) return false;
    }
  };
}

/** Bun.Glob takes anything and then matches nothing; a watch that never tells is worse than a refused one. */
function faultOf(text: string): string | null {
  if (text.replaceAll('/', '') === '') return 'is empty';
  if (text.length > MAX_GLOB_CHARS) return `has more than ${MAX_GLOB_CHARS} characters`;
  if (/[\0-\x1f\x7f]/.test(text)) return 'has a control character';
  if (text.split('/').includes('..')) return 'leaves the watched folder with ".."';
  let braces = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (char === '\\' && ++at === text.length) return 'ends with a backslash';
    if (char === '[') {
      const end = text.indexOf(']', at + 2);
      if (end === -1) return 'has a "[" without "]"';
      at = end;
    } else if (char === '{' && ++braces > 8) return 'nests more than 8 braces';
    else if (char === '}' && --braces < 0) return 'has a "}" without "{"';
  }
  return braces === 0 ? null : 'has a "{" without "}"';
}
