/** A text that is not TOML. `line` is where the statement that cannot be read begins. */
export class TomlError extends Error {
  constructor(
    message: string,
    readonly line: number,
  ) {
    super(message);
  }
}

/** Parses TOML 1.1. Bun's errors carry no position, so the line is found with the longest beginning that still parses. */
export function parseToml(text: string): Record<string, unknown> {
  try {
    return Bun.TOML.parse(text) as Record<string, unknown>;
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).replace(/^TOML Parse error: /, '');
    throw new TomlError(reason, faultLine(text));
  }
}

function faultLine(text: string): number {
  const lines = text.split('\n');
  for (let kept = lines.length - 1; kept > 0; kept--) {
    if (parses(lines.slice(0, kept).join('\n'))) {
      let line = kept;
      while (line < lines.length - 1 && /^\s*(#.*)?$/.test(lines[line]!)) line++;
      return line + 1;
    }
  }
  return 1;
}

function parses(text: string): boolean {
  try {
    Bun.TOML.parse(text);
    return true;
  } catch {
    return false;
  }
}

const PART = String.raw`(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')`;
const DOTTED = String.raw`${PART}(?:\s*\.\s*${PART})*`;
const HEADER = new RegExp(String.raw`^\s*\[{1,2}\s*(${DOTTED})\s*\]`);
const PAIR = new RegExp(String.raw`^\s*(${DOTTED})\s*=`);
const parts = (dotted: string): string[] => dotted.match(new RegExp(PART, 'g'))!.map((part) => part.replace(/^["']|["']$/g, ''));

/** The line, from 1, where a path of keys is given its value; the nearest enclosing table or inline value otherwise. */
export function lineOf(text: string, path: readonly string[]): number {
  let table: string[] = [];
  let best = { line: 1, depth: 0 };
  for (const [at, line] of text.split('\n').entries()) {
    const header = HEADER.exec(line);
    const pair = header ? null : PAIR.exec(line);
    if (header) table = parts(header[1]!);
    const here = header ? table : pair ? [...table, ...parts(pair[1]!)] : [];
    if (here.length > best.depth && here.every((part, depth) => path[depth] === part))
      best = { line: at + 1, depth: Math.min(here.length, path.length) };
  }
  return best.line;
}
