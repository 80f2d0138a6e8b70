import type { Ignored } from './ignore';
import type { Draft, Entry } from './model';
import type { KnownNames } from './names';
import type { Programs } from './programs';
import type { Query, Result } from './query_model';
import type { TotalRow } from './totals';

/** What became of a line that was to be kept. */
export interface Appended {
  /** Null when it was left out. */
  readonly id: number | null;
  readonly ignored: Ignored | null;
  /** Secrets that were taken out of it. */
  readonly redacted: number;
}

export interface Imported {
  readonly imported: number;
  /** Entries that are there already: the same line at the same time. */
  readonly duplicates: number;
  readonly ignored: number;
  /** Secrets that were taken out. */
  readonly redacted: number;
}

/** Which entries to delete: every condition given must hold. */
export interface Deletion {
  readonly ids?: readonly number[];
  /** Every entry of exactly this line. */
  readonly line?: string;
  /** A pattern as in `history.ignore`. */
  readonly pattern?: string;
  readonly sessid?: string;
  /** Milliseconds, both included. */
  readonly after?: number;
  readonly before?: number;
  /** All but the newest of each line. */
  readonly duplicates?: boolean;
  readonly dryRun: boolean;
}

export interface Page {
  readonly entries: readonly Entry[];
  /** For the next page; null at the end. */
  readonly cursor: number | null;
}

/** How often something was used. */
export interface Tally {
  readonly name: string;
  readonly count: number;
}

export interface Figures extends TotalRow {
  readonly lines: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly sessions: number;
  readonly failed: number;
  readonly topLines: readonly Tally[];
  readonly topCommands: readonly Tally[];
  readonly topFolders: readonly Tally[];
}

/** The history of commands. What it throws is a `ZdError`. */
export interface HistoryService {
  readonly names: KnownNames;
  readonly programs: Pick<Programs, 'runs'>;
  /** Keeps one entry and announces it, after the rules of what is kept; `too_large` over `history.max_line_bytes`. */
  append(draft: Draft, source: string): Promise<Appended>;
  /** The same for many that were run elsewhere or earlier: in one transaction, announced as one. */
  import(drafts: readonly Draft[], dedupe: boolean, source: string): Promise<Imported>;
  query(query: Query): Promise<Result>;
  /** How many entries fit, with `distinct` how many lines, wherever the page begins; null when the budget is used up first. */
  count(query: Query): Promise<number | null>;
  /** Entries that were, or with `dryRun` would be, deleted. */
  delete(deletion: Deletion, source: string): Promise<number>;
  /** The lines that begin with a text, most used of late first, and how many begin so as far as was looked. */
  beginningWith(prefix: string, limit: number): Promise<{ readonly lines: readonly string[]; readonly total: number }>;
  figures(top: number): Promise<Figures>;
  /** Every entry in the order of time, by pages, for a backup. */
  all(cursor: number | null, limit: number): Page;
  /** Puts entries of a backup back as they are, ids included where these are free; only inside a write of `zd.db`. Gives how many were not there yet. */
  restore(entries: readonly Omit<Entry, 'pos'>[]): number;
}

declare module '../../kernel/context' {
  interface Services {
    readonly history: HistoryService;
  }
}
