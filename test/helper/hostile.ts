import fc from 'fast-check';
import type { Item } from '../../src/areas/export/item';
import { script } from '../../src/areas/export/sections';
import type { Dialect } from '../../src/areas/export/shell/dialect';
import { findTarget } from '../../src/areas/export/targets';
import type { Way } from './shell';

/** What does something when a shell reads it as text of its own: each makes a file, without needing a program. */
const HOSTILE = [
  '$(>PWNED)',
  '`>PWNED`',
  ';>PWNED;',
  '\n>PWNED\n',
  '&&>PWNED',
  '|>PWNED',
  'path[$(>PWNED)]',
  '${x:=$(>PWNED)}',
  '<(>PWNED)',
  '$((path[$(>PWNED)]))',
  '}\n>PWNED\n{',
  '};>PWNED;{',
  ')\n>PWNED\n(',
  "'",
  "''",
  '"',
  '\\',
  '\\\n',
  '$',
  '`',
  '{',
  '}',
  '(',
  ')',
  '#',
  '!',
  '!!',
  '~',
  '*',
  '=',
  '--',
  '-g',
  '\r',
  '\t',
  '\u0001',
  '\u007f',
  '\u001b[31m',
  '\u001f',
  '\u0083',
  'é',
  '☃',
  '𝒳',
  '<<E\n',
  'E\n',
  '# >PWNED',
  'echo hi',
  ' ',
];
const fragment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
);
const hostile = fc.array(fragment, { maxLength: 5 }).map((parts) => parts.join(''));
const someName = fc.oneof(
  hostile,
  fc.constantFrom(
    'gs',
    'builtin',
    'alias',
    'export',
    'x',
    'my_var',
    'n1',
    'f1',
    'HISTSIZE',
    'RANDOM',
    'SECONDS',
    'PATH',
    '--',
    '-g',
    'a=b',
    'TRAPDEBUG',
    'typeset',
    'declare',
    'eval',
  ),
);
export const value = fc.oneof(
  { weight: 4, arbitrary: hostile },
  { weight: 1, arbitrary: fc.constantFrom('', '1', '007', 'ls -l', 'a b', 'menu select') },
);
export const plain = (key: string, text: string): Item => ({ key, value: text, list: null, pairs: null });
const item = fc.tuple(someName, value).map(([key, text]) => plain(key, text));
export const items = fc.uniqueArray(item, { maxLength: 8, selector: ({ key }) => key });
export const text = (target: string, rows: readonly Item[], dialect: Dialect, additive = false) =>
  script(findTarget(target)!, rows, dialect, additive)!;

export const way = fc.constantFrom<Way>('source', 'eval', 'interactive');
export const before = {
  // Variables that hold numbers evaluate what they are given.
  zsh: 'typeset -i n1=1; typeset -F f1=1; HISTSIZE=10',
  bash: 'declare -i n1=1 f1=1; shopt -s expand_aliases; set +o history',
};
export const RUNS = 80;
export const SECONDS = 60_000;
export const ran = (made: readonly string[]) => made.filter((file) => file === 'PWNED');
