/** What a recorder tells of one definition; the fields are those of an event of a bundle. */
export interface Seen {
  readonly kind: string;
  readonly name: string;
  readonly value?: string | null;
  readonly value_array?: readonly string[];
  readonly value_assoc?: readonly (readonly [string, string])[];
  readonly attrs?: number;
  readonly file?: string;
  readonly line?: number;
}

/** Bits of `attrs` in the recorder protocol. */
export const BIT = {
  scalar: 0x1,
  integer: 0x2,
  float: 0x4,
  assoc: 0x8,
  array: 0x10,
  readonly: 0x20,
  export: 0x40,
  unique: 0x100,
  tied: 0x200,
  hide: 0x400,
} as const;

export const pairsOf = (flat: readonly string[]): [string, string][] =>
  Array.from({ length: Math.floor(flat.length / 2) }, (_, at) => [flat[2 * at]!, flat[2 * at + 1]!]);

/** The folders of a list, as events in its order. */
export const folders = (list: 'path' | 'fpath' | 'manpath', names: readonly string[]): Seen[] =>
  names.filter((name) => name !== '').map((name) => ({ kind: 'path_mod', name, value: list }));
