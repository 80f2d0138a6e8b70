import type { Item } from '../item';
import { BAD_NAME, eachItem, OWN_VARIABLES, UNQUOTABLE, type Dialect, type Part, type Reason } from './dialect';
import { isIdentifier, isNumber, quoted, quotedName } from './quote';
import { splitWords } from './words';

/**
 * zsh. Command words are `\builtin NAME`, which neither an alias nor a function of that name comes between; values are always quoted, so no
 * global alias is looked up. Lines that define global aliases are quoted word by word: the line before may have defined any.
 */
export const zsh: Dialect = {
  name: 'zsh',
  lines: (part) => sections[part.section](part),
};

type Lines = (part: Part) => string[] | null;

/** Each word in quotes, or null. */
export function wordsOf(texts: readonly string[]): string | null {
  const words = texts.map(quoted);
  return words.includes(null) ? null : words.join(' ');
}

const aliases =
  (what: string, head: (pair: string) => string): Lines =>
  ({ items }) =>
    eachItem(what, items, ({ key, value }) => {
      if (key === '' || key.includes('=') || key === 'builtin') return BAD_NAME;
      const pair = quoted(`${key}=${value}`);
      const [name, text] = [quotedName(key), quoted(value)];
      return pair === null || name === null || text === null ? UNQUOTABLE : head(what === 'global alias' ? pair : `${name}=${text}`);
    });

/**
 * To give a number variable a text is to evaluate it, and that runs what stands in `a[$(…)]`. So a text is given only to what holds texts in
 * the shell that reads this; what kind its variables are is known there alone.
 */
const scalar = (name: string, value: string, head: string): string | Reason => {
  if (!isIdentifier(name) || OWN_VARIABLES.has(name)) return BAD_NAME;
  const word = quoted(value);
  if (word === null) return UNQUOTABLE;
  const line = `\\builtin ${head} ${name}=${word}`;
  return isNumber(value) ? line : `case \${(t)${name}-} in (*integer*|*float*|*readonly*) ;; (*) ${line} ;; esac`;
};

/** `set -A` takes quoted words; what a compound assignment takes is read by rules of its own. */
function list(name: string, values: readonly string[], flag: 'a' | 'A', additive = false): string | Reason {
  if (!isIdentifier(name) || OWN_VARIABLES.has(name)) return BAD_NAME;
  const words = wordsOf(values);
  if (words === null) return UNQUOTABLE;
  // Unquoted parameters lose empty elements; "${(@kv)…}" keeps them.
  const before = additive ? (flag === 'A' ? `"\${(@kv)${name}}" ` : `"\${${name}[@]}" `) : '';
  return `case \${(t)${name}-} in (*integer*|*float*|*readonly*) ;; (*) \\builtin typeset -g${flag} ${name} && \\builtin set -A ${name} ${before}${words} ;; esac`;
}

function variable({ key, value, list: items, pairs }: Item & { readonly value: string }): string | Reason {
  if (pairs) return list(key, pairs.flat(), 'A');
  return items ? list(key, items, 'a') : scalar(key, value, 'typeset -g');
}

/** Options that say how a shell was started, or that stop it: they cannot be set, or must not be. */
const NO_OPTION = /^(no)?(interactive|zle|login|shinstdin|stdin|singlecommand|onecmd|privileged|restricted|exec|monitor)$/i;

const sections: Readonly<Record<Part['section'], Lines>> = {
  paths: ({ name, items, additive }) => paths(name, items, additive),
  named_dir: ({ items, additive }) => [
    ...(additive ? [] : ["\\builtin unhash -dm '*'"]),
    ...eachItem('named folder', items, ({ key, value }) =>
      /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(key) ? withWord(value, (word) => `\\builtin hash -d -- ${key}=${word}`) : BAD_NAME,
    ),
  ],
  alias: (part) => [...(part.additive ? [] : ["\\builtin unalias -m '*'"]), ...aliases('alias', (pair) => `\\builtin alias -- ${pair}`)(part)!],
  galias: aliases('global alias', (pair) => `'builtin' 'alias' '-g' '--' ${pair}`),
  salias: aliases('suffix alias', (pair) => `\\builtin alias -s -- ${pair}`),
  env: ({ items }) => eachItem('variable', items, ({ key, value }) => scalar(key, value, 'export')),
  params: ({ items }) => eachItem('parameter', items, variable),
  zstyle: ({ items }) =>
    eachItem('style', items, ({ key, value, list: values }) => {
      const words = wordsOf([key, ...(values ?? splitWords(value) ?? value.split(/\s+/))]);
      return words === null ? UNQUOTABLE : key === '' || key.startsWith('-') ? BAD_NAME : `\\builtin zstyle -- ${words}`;
    }),
  bindkey: ({ items }) =>
    eachItem('key', items, ({ key, value }) => {
      const words = wordsOf([key, value]);
      return words === null ? UNQUOTABLE : key === '' || value === '' ? BAD_NAME : `\\builtin bindkey -- ${words}`;
    }),
  setopt: ({ items }) =>
    eachItem('option', items, ({ key, value }) =>
      /^[A-Za-z_]+$/.test(key) && !NO_OPTION.test(key.replaceAll('_', ''))
        ? `\\builtin ${/^(on|true|1)$/.test(value) ? 'setopt' : 'unsetopt'} -- ${key}`
        : BAD_NAME,
    ),
  zmodload: ({ items }) =>
    eachItem('module', items, ({ key }) => (/^[A-Za-z0-9_]+(\/[A-Za-z0-9_]+)*$/.test(key) ? `\\builtin zmodload -- ${key}` : BAD_NAME)),
  compdef: ({ items }) =>
    eachItem('completion', items, ({ key, value }) => {
      const words = wordsOf([value, key]);
      return words === null ? UNQUOTABLE : /^[-=]|^$/.test(key) || /^-|^$/.test(value) ? BAD_NAME : `(( $+functions[compdef] )) && compdef ${words}`;
    }),
  // The body goes in as a text and is only parsed: what does not stand for a body is an error, and nothing of it runs.
  function: ({ items }) =>
    eachItem('function', items, ({ key, value }) => {
      const words = wordsOf([key, value]);
      if (words === null) return UNQUOTABLE;
      if (key === '' || key === 'builtin') return BAD_NAME;
      if (/^TRAP[A-Z0-9]+$/.test(key)) return { why: 'it would be called at once, as a trap' };
      return `() { \\builtin setopt localoptions noaliases; functions[$1]=$2 } ${words}`;
    }),
  autoload: ({ items }) => {
    const names = items.map(({ key }) => key).filter((key) => key !== 'builtin' && /^[A-Za-z0-9_.:@~][A-Za-z0-9_.:@+~-]*$/.test(key));
    const groups = Array.from({ length: Math.ceil(names.length / 64) }, (_, at) => names.slice(at * 64, at * 64 + 64));
    return groups.map((group) => `\\builtin autoload -Uz -- ${wordsOf(group)}`);
  },
  command_hash: ({ items, additive }) => [
    ...(additive ? [] : ['\\builtin hash -r']),
    ...eachItem('command', items, ({ key, value }) => {
      if (key === '' || key.includes('=')) return BAD_NAME;
      return withWord(`${key}=${value}`, (word) => `\\builtin hash -- ${word}`);
    }),
  ],
  association: ({ name, items, additive }) => {
    const kept = items.filter((item): item is Item & { readonly value: string } => item.value !== null);
    const pairs = kept.filter(({ key, value }) => quoted(key + value) !== null).flatMap(({ key, value }) => [key, value]);
    const line = list(name, pairs, 'A', additive);
    return typeof line === 'string' ? [line] : [];
  },
};

function withWord(text: string, line: (word: string) => string): string | Reason {
  const word = quoted(text);
  return word === null ? UNQUOTABLE : line(word);
}

/** The list, and its exported form with colons; zsh ties the two for its own, the others get it here. */
function paths(name: string, items: readonly Item[], additive: boolean): string[] {
  const values = items.flatMap(({ value }) => (value === null || quoted(value) === null ? [] : [value]));
  const line = list(name, values, 'a', additive);
  const upper = name.toUpperCase();
  const tie = `\\builtin typeset -gTUx ${upper} ${name}`;
  return [...(name === 'infopath' || name === 'ld_library_path' ? [tie] : []), line as string, `\\builtin export ${upper}`];
}
