import { BAD_NAME, OWN_VARIABLES, UNQUOTABLE, type Dialect, type Part, type Reason } from './dialect';
import type { Item } from '../item';
import { isIdentifier, quotedFish } from './quote';

/**
 * fish: variables and paths. Its `alias` puts the text into a function unquoted and evaluates that, so an alias made elsewhere could run at once;
 * there is no safe line for one.
 */
export const fish: Dialect = {
  name: 'fish',
  lines: (part) => sections[part.section]?.(part) ?? null,
};

function set({ key, value, list }: Item & { readonly value: string }, flags: string): string | Reason {
  if (!isIdentifier(key) || OWN_VARIABLES.has(key)) return BAD_NAME;
  const words = (list ?? [value]).map(quotedFish);
  return words.includes(null) ? UNQUOTABLE : `builtin set ${flags} ${key} ${words.join(' ')}`;
}

const each = (items: readonly Item[], flags: string): string[] =>
  items.flatMap((item) => {
    const line = item.value === null ? null : set(item as Item & { readonly value: string }, flags);
    // A comment is one in every fish; a name is JSON there, so it has no line break.
    return typeof line === 'string'
      ? [line]
      : [`# zd: ${JSON.stringify(item.key.slice(0, 100)).replace(/[\u007f-\u009f\u2028\u2029]/g, '?')} left out`];
  });

const sections: Partial<Readonly<Record<Part['section'], (part: Part) => string[]>>> = {
  env: ({ items }) => each(items, '-gx'),
  params: ({ items }) => each(items, '-g'),
  paths: ({ name, items, additive }) => {
    const values = items.flatMap(({ value }) => (value === null ? [] : [value]));
    return each([{ key: name.toUpperCase(), value: '', list: values, pairs: null }], additive ? '-gxa' : '-gx');
  },
};
