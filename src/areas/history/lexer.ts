/** A piece of a command line. `word` is what has no kind by its form alone. */
export type Token =
  | { readonly type: 'operator' | 'redirect' | 'comment'; readonly start: number; readonly end: number }
  | { readonly type: 'word'; readonly start: number; readonly end: number; readonly parts: readonly Part[] };

/** A piece of a word; UTF-16 offsets, as everywhere here. */
export interface Part {
  readonly kind: 'plain' | 'string' | 'param';
  readonly start: number;
  readonly end: number;
}

const OPERATOR = /[;|&\n]+|[()]/y;
const REDIRECT = /\d*(?:>>|>\||>&|<<<|<<-?|<&|<>|&>>|&>|>|<)/y;
const PARAM = /\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/y;

function at(pattern: RegExp, line: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(line)?.[0].length ?? 0;
}

/** Cuts a command line into tokens, as shells roughly agree on; what is open at the end (a quote, a bracket) goes to the end. */
export function tokens(line: string): Token[] {
  const found: Token[] = [];
  for (let place = 0; place < line.length;) {
    const char = line[place]!;
    if (char === ' ' || char === '\t') {
      place++;
      continue;
    }
    // Only where a word would begin: a `#` inside one is text.
    if (char === '#') {
      const end = line.indexOf('\n', place);
      found.push({ type: 'comment', start: place, end: (place = end === -1 ? line.length : end) });
      continue;
    }
    const redirect = at(REDIRECT, line, place);
    const operator = redirect > 0 ? 0 : at(OPERATOR, line, place);
    if (redirect + operator > 0) {
      found.push({ type: redirect > 0 ? 'redirect' : 'operator', start: place, end: (place += redirect + operator) });
      continue;
    }
    const parts = wordParts(line, place);
    found.push({ type: 'word', start: place, end: (place = parts.at(-1)!.end), parts });
  }
  return found;
}

const ENDS_WORD = /[\s;|&()<>]/;

function wordParts(line: string, start: number): Part[] {
  const parts: Part[] = [];
  let plain = start;
  let place = start;
  const cut = (kind: Part['kind'], end: number) => {
    if (place > plain) parts.push({ kind: 'plain', start: plain, end: place });
    parts.push({ kind, start: place, end });
    place = plain = end;
  };
  while (place < line.length && !ENDS_WORD.test(line[place]!)) {
    const char = line[place]!;
    if (char === '\\') place = Math.min(line.length, place + 2);
    else if (char === "'" || char === '"' || char === '`') cut('string', closing(line, place + 1, char));
    else if (char === '$' && line[place + 1] === "'") cut('string', closing(line, place + 2, "'", true));
    else if (char === '$' && (line[place + 1] === '{' || line[place + 1] === '(')) cut('param', balanced(line, place + 1));
    else if (char === '$' && at(PARAM, line, place) > 0) cut('param', place + at(PARAM, line, place));
    else place++;
  }
  if (place > plain) parts.push({ kind: 'plain', start: plain, end: place });
  return parts;
}

/** Behind the closing quote. In single quotes a backslash is text, unless they are `$'…'`. */
function closing(line: string, from: number, quote: string, escapes = quote !== "'"): number {
  for (let place = from; place < line.length; place++) {
    if (line[place] === quote) return place + 1;
    if (escapes && line[place] === '\\') place++;
  }
  return line.length;
}

/** Behind the bracket that closes the one at a place. */
function balanced(line: string, open: number): number {
  const [up, down] = line[open] === '{' ? ['{', '}'] : ['(', ')'];
  let depth = 0;
  for (let place = open; place < line.length; place++) {
    const char = line[place]!;
    if (char === '\\') place++;
    else if (char === "'" || char === '"') place = closing(line, place + 1, char) - 1;
    else if (char === up) depth++;
    else if (char === down && --depth === 0) return place + 1;
  }
  return line.length;
}
