import type { Definitions } from './definitions';
import type { Kind } from './kinds';
import type { Staged } from './staging';

export type { Kind } from './kinds';
export type { Staged } from './staging';

/** One of the definitions that a name had, one after the other. */
export interface Override {
  readonly value: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly fn_chain: string | null;
}

/** Everything that is kept of one definition. `shellId`, `kind` and `name` identify it. */
export interface DefinitionRecord {
  readonly shellId: string;
  readonly kind: Kind;
  readonly name: string;
  /** Null: withheld, because it is sensitive. */
  readonly value: string | null;
  /** Whether `value` is JSON text and not the text itself. */
  readonly json: boolean;
  readonly valueArray: readonly string[] | null;
  readonly valueAssoc: readonly (readonly [string, string])[] | null;
  readonly attrs: number;
  readonly file: string | null;
  readonly line: number | null;
  readonly fnChain: string | null;
  /** In the order of capture, the last is the current one; empty for what was emitted alone. */
  readonly history: readonly Override[];
  readonly orderIdx: number | null;
  /** Nanoseconds, as the recorder told them. */
  readonly tsNs: number | null;
  /** Milliseconds. */
  readonly setAt: number;
  readonly setByShell: number | null;
}

/** The newest bundle of a shell. Times in nanoseconds as its recorder told them, `ingestedAt` in milliseconds. */
export interface BundleOrigin {
  readonly shellId: string;
  readonly startedAtNs: number;
  readonly finishedAtNs: number;
  readonly cmdline: string | null;
  readonly zdotdir: string | null;
  readonly home: string | null;
  readonly events: number;
  readonly ingestedAt: number;
}

export interface DefinitionFilter {
  readonly shellId?: string;
  readonly kind?: Kind;
  readonly name?: string;
  /** Names that start with exactly this. */
  readonly prefix?: string;
  /** Names that match: `*`, `?`, `[abc]`, as SQLite's GLOB; case-sensitive. */
  readonly glob?: string;
  readonly file?: string;
  /** A text the value contains. */
  readonly contains?: string;
  /** Set at this time or later, in milliseconds. */
  readonly since?: number;
}

/** Where a page ended: the place of its last record. */
export interface Place {
  readonly kind: Kind;
  readonly ord: number;
  readonly name: string;
  readonly shellId: string;
}

export interface DefinitionPage {
  readonly records: readonly DefinitionRecord[];
  /** Where the next page begins; null after the last one. */
  readonly next: Place | null;
}

export interface Restored {
  readonly removed: number;
  readonly written: number;
}

/**
 * What every shell of this machine defines. Records are listed by kind (in the published order), then by place in a list, then by name
 * bytewise, then by shell. What is written is durable when its promise resolves.
 */
export interface DefinitionService {
  /** The kinds that have records, in order. */
  kinds(): { readonly kind: Kind; readonly rows: number }[];
  /** The shells that have records or sent a bundle, by id. */
  shells(): { readonly shellId: string; readonly rows: number; readonly bundle: BundleOrigin | null }[];
  /** One record, or null. */
  get(shellId: string, kind: Kind, name: string): DefinitionRecord | null;
  /**
   * A page of at most `limit` records (fewer when they are large), after a place or from the beginning. Gives way to other work while it
   * looks; ends early when `signal` aborts.
   */
  page(filter: DefinitionFilter, limit: number, after?: Place | null, signal?: AbortSignal): Promise<DefinitionPage>;
  /** How many records a filter matches. Gives way to other work while it counts. */
  count(filter: DefinitionFilter, signal?: AbortSignal): Promise<number>;
  /** Grows with every write, so who reads in turns can tell that nothing changed in between. */
  changes(): number;
  /** Every record, in order, all its fields. Gives way between pages, so a write may come between two of them. */
  read(filter?: DefinitionFilter, signal?: AbortSignal): AsyncGenerator<DefinitionRecord>;
  /** Every record of every kind in one view of the database: nothing comes between. For the work of a `db.write`, or where blocking is right. */
  all(filter?: Pick<DefinitionFilter, 'shellId' | 'kind'>): Generator<DefinitionRecord>;
  /**
   * Writes records where nobody sees them, a piece at a time while other work goes on, and resolves with what `use` makes of them: it lets
   * them hold with `replaceAll`. What does not come to hold is removed again.
   */
  stage<T>(records: Iterable<DefinitionRecord>, use: (staged: readonly Staged[]) => Promise<T>): Promise<T>;
  /**
   * Makes these the only records of the named shells, or of all shells when `shells` is null, and tells of it on the event log. Only inside
   * the work of a write of zd.db, so it is all or nothing with what else that work does; it takes no time. Two records of one identity: the later one counts.
   * Where the replaced records came from is forgotten: see `restoreBundles`.
   */
  replaceAll(staged: readonly Staged[], options: { readonly shells: readonly string[] | null; readonly reason: string }): Restored;
  /** Adds these to what is there; a record of the same identity is replaced. Rules as for `replaceAll`, but for the time. */
  importAll(records: Iterable<DefinitionRecord>, options: { readonly reason: string }): Restored;
  /** Keeps where bundles came from, as `shells` tells it: for a restore. Only inside the work of a write of zd.db. */
  restoreBundles(bundles: Iterable<BundleOrigin>): void;
}

declare module '../../kernel/context' {
  interface Services {
    readonly definitions: Definitions;
  }
}
