/** One command of a shell's listing. */
export interface Command {
  /** Its words, without their quotes. */
  readonly words: readonly string[];
  /** The words as they stand there. */
  readonly raw: readonly string[];
  readonly text: string;
}

const ANSI: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', a: '\x07', b: '\b', e: '\x1b', E: '\x1b', f: '\f', v: '\v' };

/** Splits what `alias`, `trap`, `complete` and the like print, one command a line; a quoted line break is none. */
export function commandsIn(text: string): Command[] {
  const commands: Command[] = [];
  let words: string[] = [];
  let raw: string[] = [];
  let begin = 0;
  let at = 0;
  const finish = (end: number) => {
    if (words.length > 0) commands.push({ words, raw, text: text.slice(begin, end).trim() });
    [words, raw, begin] = [[], [], end + 1];
  };
  while (at < text.length) {
    if (text[at] === '\n') finish(at++);
    else if (text[at] === ' ' || text[at] === '\t') at++;
    else {
      const word = wordAt(text, at);
      words.push(word.value);
      raw.push(text.slice(at, word.end));
      at = word.end;
    }
  }
  finish(at);
  return commands;
}

function wordAt(text: string, from: number): { value: string; end: number } {
  let value = '';
  let at = from;
  while (at < text.length && !/[ \t\n]/.test(text[at]!)) {
    const char = text[at]!;
    if (char === "'") {
      const end = closing(text, at + 1, "'");
      value += text.slice(at + 1, end);
      at = end + 1;
    } else if (char === '$' && text[at + 1] === "'") {
      const end = escapedClosing(text, at + 2, "'");
      value += ansi(text.slice(at + 2, end));
      at = end + 1;
    } else if (char === '"') {
      const end = escapedClosing(text, at + 1, '"');
      value += text.slice(at + 1, end).replace(/\\(["\\$`])/g, '$1');
      at = end + 1;
    } else if (char === '\\') {
      value += text[at + 1] ?? '';
      at += 2;
    } else {
      value += char;
      at++;
    }
  }
  return { value, end: Math.min(at, text.length) };
}

function closing(text: string, from: number, quote: string): number {
  const end = text.indexOf(quote, from);
  return end === -1 ? text.length : end;
}

function escapedClosing(text: string, from: number, quote: string): number {
  let at = from;
  while (at < text.length && text[at] !== quote) at += text[at] === '\\' ? 2 : 1;
  return Math.min(at, text.length);
}

const ansi = (text: string): string =>
  text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([0-7]{1,3})|(.))/gs,
    (_, hex?: string, unicode?: string, octal?: string, one?: string) => {
      const code = hex ?? unicode;
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      return ANSI[one!] ?? one!;
    },
  );
