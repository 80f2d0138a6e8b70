import { nullable, t, type Static } from '../../kernel/schema';
import { ATTRS } from './attrs';
import type { ShellFold } from './fold';
import type { Kind } from './kinds';
import { valueFor, type Observation } from './observation';

/** Names with their values: an object, or a list of pairs. A list of names alone has empty values. */
const Table = t.Union([t.Record(t.String(), t.String()), t.Array(t.Union([t.String(), t.Tuple([t.String(), t.String()])]))]);
const Names = t.Array(t.String({ minLength: 1 }));

const Param = t.Object({
  name: t.String({ minLength: 1 }),
  kind: t.Optional(t.String()),
  export: t.Optional(t.Boolean()),
  value: t.Optional(nullable(t.String())),
  elements: t.Optional(nullable(t.Array(t.Union([t.String(), t.Tuple([t.String(), t.String()])])))),
  attrs: t.Optional(t.Integer({ minimum: 0, maximum: 65_535 })),
});

/** The tables at the end of a run. Each one that is given is all there is of its kind, whatever the events came to. */
export const EndState = t.Object({
  aliases: t.Optional(nullable(Table)),
  global_aliases: t.Optional(nullable(Table)),
  suffix_aliases: t.Optional(nullable(Table)),
  functions: t.Optional(nullable(Table)),
  autoloads: t.Optional(nullable(Table)),
  params: t.Optional(nullable(t.Array(Param))),
  setopts: t.Optional(nullable(Names)),
  unsetopts: t.Optional(nullable(Names)),
  modules: t.Optional(nullable(Names)),
  autoload_paths: t.Optional(nullable(Names)),
  zstyles: t.Optional(nullable(Table)),
  widgets: t.Optional(nullable(Table)),
  bindkeys: t.Optional(nullable(Table)),
  unset_params: t.Optional(nullable(Names)),
  resource_files: t.Optional(nullable(Names)),
});
export type EndStateTables = Static<typeof EndState>;

type Named = Static<typeof Table> | readonly string[];

const TABLES: readonly (readonly [keyof EndStateTables, Kind])[] = [
  ['aliases', 'alias'],
  ['global_aliases', 'galias'],
  ['suffix_aliases', 'salias'],
  ['functions', 'function'],
  ['autoloads', 'function_autoload'],
  ['modules', 'zmodload'],
  ['widgets', 'zle'],
  ['bindkeys', 'bindkey'],
];
const LISTS: readonly (readonly [keyof EndStateTables, Kind])[] = [
  ['autoload_paths', 'fpath'],
  ['zstyles', 'zstyle'],
  ['resource_files', 'source'],
];

/** Lets the tables have the last word. What the events said of a name that has the same value keeps its file, line and chain. */
export function applyEndState(fold: ShellFold, state: EndStateTables, redact: (seen: Observation) => Observation): void {
  for (const [field, kind] of TABLES) {
    const table = state[field] as Named | null | undefined;
    if (!table) continue;
    const pairs = pairsOf(table);
    fold.keepOnly(kind, new Set(pairs.map(([name]) => name)));
    for (const [name, value] of pairs) if (name !== '') settle(fold, kind, redact({ kind, name, value }));
  }
  for (const [field, kind] of LISTS) {
    const table = state[field] as Named | null | undefined;
    if (!table) continue;
    fold.forget(kind);
    for (const [name, value] of pairsOf(table)) if (name !== '') fold.append(kind, redact({ kind, name, value }));
  }
  if (state.setopts || state.unsetopts) applyOptions(fold, state.setopts ?? [], state.unsetopts ?? []);
  if (state.params) applyParams(fold, state.params, redact);
  for (const name of state.unset_params ?? []) for (const kind of ['params', 'params_typed', 'env'] as const) fold.remove(kind, name);
}

function applyOptions(fold: ShellFold, on: readonly string[], off: readonly string[]): void {
  fold.keepOnly('setopt', new Set([...on, ...off]));
  for (const name of on) settle(fold, 'setopt', { kind: 'setopt', name, value: 'on' });
  for (const name of off) settle(fold, 'setopt', { kind: 'setopt', name, value: 'off' });
}

const TYPES: Readonly<Record<string, number>> = {
  scalar: ATTRS.scalar,
  integer: ATTRS.integer,
  float: ATTRS.float,
  array: ATTRS.array,
  association: ATTRS.assoc,
};

function applyParams(fold: ShellFold, params: readonly Static<typeof Param>[], redact: (seen: Observation) => Observation): void {
  const names = new Set(params.map(({ name }) => name));
  fold.keepOnly('params', names);
  fold.keepOnly('params_typed', names);
  fold.keepOnly('env', new Set(params.filter((each) => each.export).map(({ name }) => name)));
  for (const { name, kind = 'scalar', export: exported, value, elements, attrs } of params) {
    const pairs = kind === 'association' ? (elements ?? []).map((each): [string, string] => (typeof each === 'string' ? [each, ''] : each)) : null;
    const array = kind === 'array' ? (elements ?? []).map((each) => (typeof each === 'string' ? each : each.join(' '))) : null;
    const bits = attrs ?? (TYPES[kind] ?? ATTRS.scalar) | (exported ? ATTRS.export : 0);
    const seen = redact({ kind: 'typeset', name, value, value_array: array, value_assoc: pairs, attrs: bits });
    settle(fold, 'params', seen);
    settle(fold, 'params_typed', seen);
    if (exported) settle(fold, 'env', { ...seen, kind: 'env' });
  }
}

/** Sets what is not known already; what is known but for its attributes stays where it was defined. */
function settle(fold: ShellFold, kind: Kind, seen: Observation): void {
  const known = fold.get(kind, seen.name);
  if (!known || known.value !== valueFor(kind, seen).value) return fold.set(kind, seen.name, seen);
  const { file, line, fnChain: fn_chain, orderIdx: order_idx, tsNs: ts_ns, attrs } = known;
  if (seen.attrs !== undefined && seen.attrs !== attrs) fold.set(kind, seen.name, { ...seen, file, line, fn_chain, order_idx, ts_ns });
}

const pairsOf = (table: Named): (readonly [string, string])[] =>
  Array.isArray(table)
    ? table.map((each) => (typeof each === 'string' ? ([each, ''] as const) : each))
    : Object.entries(table as Record<string, string>);
