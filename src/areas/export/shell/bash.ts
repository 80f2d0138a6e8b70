import type { Item } from '../item';
import { BAD_NAME, eachItem, OWN_VARIABLES, UNQUOTABLE, type Dialect, type Part, type Reason } from './dialect';
import { isIdentifier, quoted } from './quote';
import { wordsOf } from './zsh';

/** bash. `\builtin` as in zsh; what bash has no word for is null. */
export const bash: Dialect = {
  name: 'bash',
  lines: (part) => sections[part.section]?.(part) ?? null,
};

/** `+i` takes the number attribute away before the text is given, so nothing of it is evaluated as arithmetic. */
const scalar = (name: string, value: string, flags: string): string | Reason => {
  if (!isIdentifier(name) || OWN_VARIABLES.has(name)) return BAD_NAME;
  const word = quoted(value);
  return word === null ? UNQUOTABLE : `\\builtin declare ${flags} +i ${name}=${word}`;
};

function variable({ key, value, list, pairs }: Item & { readonly value: string }): string | Reason {
  if (!list && !pairs) return scalar(key, value, '-g');
  if (!isIdentifier(key) || OWN_VARIABLES.has(key)) return BAD_NAME;
  if (list) {
    const words = wordsOf(list);
    return words === null ? UNQUOTABLE : `\\builtin declare -ga +i ${key} && ${key}=(${words})`;
  }
  const entries = (pairs ?? []).map(([name, text]) => [quoted(name), quoted(text)] as const);
  if (entries.some(([name, text]) => name === null || text === null)) return UNQUOTABLE;
  // bash has no empty key.
  const kept = entries.filter(([name]) => name !== "''");
  return `\\builtin declare -gA +i ${key} && ${key}=(${kept.map(([name, text]) => `[${name}]=${text}`).join(' ')})`;
}

/**
 * The body is parsed by a bash of its own first, which runs nothing of it (`-n`): only what is a whole list by itself may stand between the
 * braces, so nothing in it can close them.
 */
const LOADER = [
  '__zd_define () {',
  '  BASH_ENV= ENV= "$BASH" --norc -O extglob -n -c "$2" 2>/dev/null || { \\builtin printf \'zd: function %q left out: its body is not whole\\n\' "$1" >&2; \\builtin return 1; }',
  '  \\builtin local __zd_shopt="$(\\builtin shopt -p extglob expand_aliases)"',
  '  \\builtin shopt -s extglob; \\builtin shopt -u expand_aliases',
  `  \\builtin eval "$1 () {"$'\\n'"$2"$'\\n'"}"`,
  '  \\builtin eval "$__zd_shopt"',
  '}',
];

const sections: Partial<Readonly<Record<Part['section'], (part: Part) => string[]>>> = {
  alias: ({ items, additive }) => [
    ...(additive ? [] : ['\\builtin unalias -a']),
    ...eachItem('alias', items, ({ key, value }) => {
      // oxlint-disable-next-line no-control-regex
      if (!/^[^\u0000-\u0020\u007f'"\\$`=<>|&;()/#]+$/.test(key) || !key.isWellFormed() || key === 'builtin') return BAD_NAME;
      const word = quoted(value);
      return word === null ? UNQUOTABLE : `\\builtin alias -- ${quoted(key)}=${word}`;
    }),
  ],
  env: ({ items }) => eachItem('variable', items, ({ key, value }) => scalar(key, value, '-gx')),
  params: ({ items }) => eachItem('parameter', items, variable),
  function: ({ items }) => [
    ...LOADER,
    ...eachItem('function', items, ({ key, value }) => {
      if (!/^[A-Za-z_][A-Za-z0-9_.:+@,%/-]*$/.test(key) || key === 'builtin' || RESERVED.has(key) || key.startsWith('__zd_')) return BAD_NAME;
      const words = wordsOf([key, bodyOf(key, value)]);
      return words === null ? UNQUOTABLE : `__zd_define ${words}`;
    }),
    '\\builtin unset -f __zd_define',
  ],
  paths: ({ name, items, additive }) => {
    const upper = name.toUpperCase();
    const values = items.flatMap(({ value }) => (value === null || value.includes(':') || quoted(value) === null ? [] : [value]));
    if (name === 'fpath') return [];
    const before = additive ? `"\${${upper}-}"\${${upper}:+:}` : '';
    return [`\\builtin declare -gx +i ${upper}=${before}${quoted(values.join(':'))}`];
  },
  command_hash: ({ items, additive }) => [
    ...(additive ? [] : ['\\builtin hash -r']),
    ...eachItem('command', items, ({ key, value }) => {
      const words = wordsOf([value, key]);
      return words === null ? UNQUOTABLE : /^-|\/|^$/.test(key) || value.startsWith('-') ? BAD_NAME : `\\builtin hash -p ${words}`;
    }),
  ],
};

/** `declare -f` tells a function with its head; what follows that is a command, and so a body. */
const bodyOf = (name: string, text: string): string => {
  const head = `${name} ()`;
  return text.startsWith(head) ? text.slice(head.length).trimStart() : text;
};

/** Words of the grammar: none of them names a function. */
const RESERVED = new Set('if then else elif fi for while until do done case esac select function time in coproc'.split(' '));
