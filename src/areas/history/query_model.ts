import type { Found } from './table';

/** `match`: words, all of them, as text · `fts`: an FTS5 expression · `like`: contains · `prefix`: begins with · `exact` · `fuzzy`: the characters in order. */
export const MODES = ['match', 'fts', 'like', 'prefix', 'exact', 'fuzzy'] as const;
export type Mode = (typeof MODES)[number];

/** `time`: by when it was run · `frecency`: by how often and how recently the line was · `score`: by how well it fits, of fuzzy searches. */
export const ORDERS = ['time', 'frecency', 'score'] as const;
export type Order = (typeof ORDERS)[number];

/** Conditions on the entry rather than on its line; all of them must hold. */
export interface Conditions {
  readonly cwd?: string;
  /** The folder or any below it. */
  readonly under?: string;
  readonly exitCode?: number;
  /** True: the exit code is there and not 0. False: it is 0. */
  readonly failed?: boolean;
  readonly hostname?: string;
  readonly sessid?: string;
  readonly shellId?: number;
  /** Milliseconds, both included. */
  readonly after?: number;
  readonly before?: number;
}

export interface Query extends Conditions {
  readonly filter: string;
  readonly mode: Mode;
  readonly ignoreCase: boolean;
  readonly limit: number;
  readonly descending: boolean;
  /** One entry per line: the newest, or with `descending` false the oldest. */
  readonly distinct: boolean;
  readonly order: Order;
  /** Behind this place. */
  readonly cursor: number | null;
  /** After so many milliseconds what was found so far is the answer. */
  readonly budgetMs: number;
}

export interface Hit {
  readonly entry: Found;
  /** What the order is by, when that is not time. */
  readonly score: number | null;
  /** Of a fuzzy search: where in the line, in UTF-16 units, its characters stand. */
  readonly positions: readonly number[] | null;
}

export interface Result {
  readonly hits: readonly Hit[];
  /** Where the next page begins; null when nothing follows, or the order is not by time. */
  readonly cursor: number | null;
  /** False when the budget was used up before everything that had to be looked at was. */
  readonly complete: boolean;
}
