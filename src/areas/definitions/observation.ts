import { isSensitiveFile, isSensitiveName, isSensitiveText } from '../../kernel/sensitive';
import { ATTRS } from './attrs';
import { isList, kindNamed, type Kind } from './kinds';
import type { DefinitionRecord, Override } from './service';

/** What a recorder saw, or somebody emitted. */
export interface Observation {
  readonly kind: string;
  readonly name: string;
  readonly value?: string | null;
  readonly value_array?: readonly string[] | null;
  readonly value_assoc?: readonly (readonly [string, string])[] | null;
  readonly attrs?: number;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly fn_chain?: string | null;
  readonly order_idx?: number | null;
  readonly ts_ns?: number | null;
}

/** What it means for the records of its shell. */
export type Meaning =
  | { readonly does: 'set'; readonly kinds: readonly Kind[] }
  | { readonly does: 'append'; readonly kind: Kind }
  | { readonly does: 'remove'; readonly kinds: readonly Kind[] }
  | { readonly does: 'unknown' };

/** The lists of directories, by the value of a `path_mod`. */
const PATHS: Readonly<Record<string, Kind>> = { path: 'path', fpath: 'fpath', manpath: 'manpath' };

/** One mapping for both vocabularies: that of recorders and that of the catalogue. */
export function meaningOf({ kind, name, value }: Observation): Meaning {
  switch (kind) {
    case 'path_mod':
      return { does: 'append', kind: (value && Object.hasOwn(PATHS, value) ? PATHS[value] : undefined) ?? 'path' };
    case 'assign':
    case 'typeset':
      return { does: 'set', kinds: ['params', 'params_typed'] };
    case 'unsetopt':
      return { does: 'set', kinds: ['setopt'] };
    case 'unalias':
      return { does: 'remove', kinds: value === '-s' ? ['salias'] : ['alias', 'galias', 'salias'] };
    case 'unset':
      return { does: 'remove', kinds: value === '-f' ? ['function', 'function_autoload'] : ['env', 'params', 'params_typed'] };
  }
  const named = kindNamed(kind);
  if (named === undefined) return { does: 'unknown' };
  // A list's record that comes with its place is that record; without one it is a further entry.
  if (isList(named) && !/^\d{1,9}(?:$|:)/.test(name)) return { does: 'append', kind: named };
  return { does: 'set', kinds: [named] };
}

/** Which of a list's records are one entry each: what stands in the value for directories, behind the place for styles. */
export const entryOf = (kind: Kind, { name, value }: Observation): { readonly name: (place: number) => string; readonly value: string } =>
  kind === 'zstyle' ? { name: (place) => `${place}:${name}`, value: value ?? '' } : { name: String, value: name };

export const isHidden = (attrs: number): boolean => (attrs & ATTRS.hide_val) !== 0;

/** The value a record of a kind gets. Null: withheld. */
export function valueFor(kind: Kind, seen: Observation): { readonly value: string | null; readonly json: boolean } {
  const { value, attrs = 0, value_array = null, value_assoc = null } = seen;
  if (isHidden(attrs) && (value ?? null) === null) return { value: null, json: false };
  if (kind === 'setopt') return { value: seen.kind === 'unsetopt' ? 'off' : value === 'off' ? 'off' : 'on', json: false };
  if (kind === 'params_typed' && seen.kind !== 'params_typed')
    return { value: JSON.stringify({ attrs, value: value ?? null, value_array, value_assoc }), json: true };
  if (kind === 'zmodload') return { value: value ?? '', json: false };
  return { value: value ?? '', json: kind === 'params_typed' && isJson(value ?? '') };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const recordFor = (
  shellId: string,
  kind: Kind,
  name: string,
  seen: Observation,
  setAt: number,
  history: readonly Override[] = [],
): DefinitionRecord => ({
  shellId,
  kind,
  name,
  ...valueFor(kind, seen),
  valueArray: kind === 'params_typed' ? null : (seen.value_array ?? null),
  valueAssoc: kind === 'params_typed' ? null : (seen.value_assoc ?? null),
  attrs: seen.attrs ?? 0,
  file: seen.file ?? null,
  line: seen.line ?? null,
  fnChain: seen.fn_chain ?? null,
  history,
  orderIdx: seen.order_idx ?? null,
  tsNs: seen.ts_ns ?? null,
  setAt,
  setByShell: null,
});

/** Kinds whose name says what the value is. */
const VARIABLES: ReadonlySet<string> = new Set(['export', 'env', 'assign', 'typeset', 'params', 'params_typed']);

/** Kinds whose names are all they say: there is no value to hide. */
const BARE: ReadonlySet<string> = new Set([
  'path_mod',
  'function_autoload',
  'path',
  'fpath',
  'manpath',
  'source',
  'zmodload',
  'setopt',
  'unsetopt',
  'unalias',
  'unset',
]);

/** The same without its values when they may be a secret; the very same object when not. */
export function redacted(seen: Observation): Observation {
  const { kind, name, value, value_array, value_assoc, file } = seen;
  const texts = [value ?? '', ...(value_array ?? []), ...(value_assoc ?? []).map(([key, text]) => `${key}=${text}`)].filter((text) => text !== '');
  if (texts.length === 0 || BARE.has(kind)) return seen;
  const variable = VARIABLES.has(kind);
  const secret =
    (file != null && isSensitiveFile(file)) ||
    (variable && isSensitiveName(name)) ||
    (value_assoc ?? []).some(([key]) => isSensitiveName(key)) ||
    texts.some((text) => isSensitiveText(variable ? `${name}=${text}` : text));
  if (!secret) return seen;
  return { ...seen, value: null, value_array: null, value_assoc: null, attrs: (seen.attrs ?? 0) | ATTRS.hide_val };
}
