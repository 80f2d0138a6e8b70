/** One row of a target: a name and what it stands for, as a list or as pairs where it is one. `value` null: withheld, because it is sensitive. */
export interface Item {
  readonly key: string;
  readonly value: string | null;
  readonly list: readonly string[] | null;
  readonly pairs: readonly (readonly [string, string])[] | null;
}

/** A target as rows and columns: what every format but shell text is made of. */
export interface Table {
  readonly target: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

export type Cell = string | number | boolean | null | readonly string[];
