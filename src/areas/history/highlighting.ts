import { tokens, type Token } from './lexer';
import type { KnownNames } from './names';

export const SPAN_KINDS = [
  ...['command', 'builtin', 'alias', 'function', 'keyword', 'error', 'assignment'],
  ...['galias', 'option', 'glob', 'path', 'argument', 'string', 'param', 'comment', 'operator', 'redirect'],
] as const;

/** UTF-8 offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
  readonly kind: SpanKind;
}

export type SpanKind = (typeof SPAN_KINDS)[number];

const words = (text: string) => new Set(text.split(' '));
const KEYWORDS = words(
  'if then else elif fi for while until do done case esac in function select repeat time coproc { } [[ ]] ! end begin switch and or not',
);
/** Behind these a command follows. */
const LEADS = words('if then else elif while until do time coproc { ! begin and or not');
const BUILTINS = words(
  '. : [ alias autoload bg bind bindkey break builtin caller cd command compgen complete contains continue count declare dirs disown echo emulate enable eval exec exit export ' +
    'false fc fg functions getopts hash help history jobs kill let local logout mapfile math popd print printf pushd pwd read readarray readonly rehash return set setopt shift shopt ' +
    'source status string suspend test times trap true type typeset ulimit umask unalias unfunction unset unsetopt wait whence where which zle zmodload zparseopts zstyle abbr argparse',
);

export interface Known {
  readonly names: KnownNames;
  /** Whether there is a program of this name. */
  runs(name: string): boolean;
}

/** What each piece of a command line is. Spans are in order and do not overlap; blanks have none. */
export function highlightSpans(line: string, known: Known): Span[] {
  const spans: Span[] = [];
  let commandNext = true;
  let target = false;
  for (const token of tokens(line)) {
    if (token.type !== 'word') {
      spans.push({ start: token.start, end: token.end, kind: token.type });
      if (token.type === 'operator') commandNext = true;
      target = token.type === 'redirect';
      continue;
    }
    const text = line.slice(token.start, token.end);
    const kind: SpanKind = target ? targetKind(text) : commandNext ? commandKind(text, token, known) : argumentKind(text, known.names);
    for (const part of token.parts) spans.push({ start: part.start, end: part.end, kind: part.kind === 'plain' ? kind : part.kind });
    if (!target) commandNext = commandNext && (kind === 'assignment' || (kind === 'keyword' && LEADS.has(text)));
    target = false;
  }
  return inBytes(line, spans);
}

function commandKind(text: string, { parts }: Extract<Token, { type: 'word' }>, { names, runs }: Known): SpanKind {
  if (/^[A-Za-z_][A-Za-z0-9_]*(?:\[[^\]]*\])?\+?=/.test(text)) return 'assignment';
  if (KEYWORDS.has(text)) return 'keyword';
  const kind = names.kindOf(text);
  if (kind !== null && kind !== 'galias') return kind;
  if (BUILTINS.has(text)) return 'builtin';
  // What only the shell can work out may well be a command.
  const plain = parts.every((part) => part.kind === 'plain') && !/[\\*?[~]/.test(text);
  return !plain || text.includes('/') || runs(text) ? 'command' : 'error';
}

/** What stands behind `>` and the like: a file, or the number of an open one. */
const targetKind = (text: string): SpanKind => (/^(?:\d+|-)$/.test(text) ? 'argument' : 'path');

function argumentKind(text: string, names: KnownNames): SpanKind {
  if (names.kindOf(text) === 'galias') return 'galias';
  if (/^-./.test(text)) return 'option';
  if (/[*?[]/.test(text)) return 'glob';
  return /^~|\/|^\.{1,2}$/.test(text) ? 'path' : 'argument';
}

function inBytes(line: string, spans: readonly Span[]): Span[] {
  let [unit, byte] = [0, 0];
  const offset = (to: number): number => {
    byte += Buffer.byteLength(line.slice(unit, to));
    unit = to;
    return byte;
  };
  return spans.map(({ start, end, kind }) => ({ start: offset(start), end: offset(end), kind }));
}
