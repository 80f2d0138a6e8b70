/** Every kind of record, in the order in which they are listed; the place is the number in the table, so one is only ever added at the end. */
const KINDS = [
  'alias',
  'galias',
  'salias',
  'function',
  'function_autoload',
  'env',
  'params',
  'params_typed',
  'bindkey',
  'compdef',
  'named_dir',
  'zstyle',
  'zmodload',
  'setopt',
  'trap',
  'sched',
  'source',
  'zle',
  'completion',
  'path',
  'fpath',
  'manpath',
  'service',
  'patcomp',
  'postpatcomp',
  'autoload_completion',
  'zcompdump_raw',
] as const;

export type Kind = (typeof KINDS)[number];

/** The kinds a shell defines; the rest is only kept for the canonical operations. */
export const CATALOG_KINDS: readonly Kind[] = KINDS.slice(0, 22);

/** Kinds whose names are places, in order; a zstyle's name has its place in front. */
const LISTS: ReadonlySet<string> = new Set<Kind>(['zstyle', 'source', 'path', 'fpath', 'manpath']);

/** After every place that is a number. */
const NO_PLACE = 2 ** 31;

const numbers = new Map<string, number>(KINDS.map((kind, at) => [kind, at]));

export const isList = (kind: Kind): boolean => LISTS.has(kind);
export const isKind = (text: string): text is Kind => numbers.has(text);
export const isCatalogKind = (text: string): text is Kind => (numbers.get(text) ?? NO_PLACE) < CATALOG_KINDS.length;
export const numberOf = (kind: Kind): number => numbers.get(kind)!;
export const kindOf = (number: number): Kind => KINDS[number]!;

/** The place of a record among those of its kind: a matter of its name alone, so it is no further part of its identity. */
export function placeOf(kind: Kind, name: string): number {
  if (!isList(kind)) return 0;
  const digits = /^\d{1,9}(?=$|:)/.exec(name)?.[0];
  return digits === undefined ? NO_PLACE : Number(digits);
}

/** What an event or an emitted record of this kind is about, whichever vocabulary names it: `hash -d` and `hash_d` are `named_dir`. */
const SPELLINGS: Readonly<Record<string, Kind>> = {
  'alias -g': 'galias',
  'alias -s': 'salias',
  'hash -d': 'named_dir',
  hash_d: 'named_dir',
  export: 'env',
  assign: 'params',
  typeset: 'params',
  autoload: 'function_autoload',
};

/** The kind a word of either vocabulary stands for; undefined when none does. */
export const kindNamed = (word: string): Kind | undefined =>
  isCatalogKind(word) ? word : Object.hasOwn(SPELLINGS, word) ? SPELLINGS[word] : undefined;
