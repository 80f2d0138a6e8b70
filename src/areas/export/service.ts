import type { Table } from './item';

export const FORMATS = ['sh', 'json', 'yaml', 'text', 'csv', 'sql', 'zsh-histfile', 'pdf'] as const;
export type Format = (typeof FORMATS)[number];

export interface ExportRequest {
  readonly target: string;
  readonly format: string;
  /** Shell text that adds to what the shell has, instead of taking its place. */
  readonly additive: boolean;
  /** The only row wanted. */
  readonly name?: string;
  /** A pattern of the names, or words of the history. */
  readonly filter?: string;
  /** How far back, for what has times: `90s`, `5m`, `2h`, `7d`, `4w`. */
  readonly range?: string;
  /** Whose definitions. */
  readonly shellId?: string;
  /** Whose shell text; told from the shell otherwise. */
  readonly dialect?: string;
  /** With the values of what is sensitive. */
  readonly sensitive: boolean;
  /** Figures of the daemon, by name, for the target of that name. */
  readonly daemon: () => Readonly<Record<string, number | string>>;
  readonly signal?: AbortSignal;
}

export interface Exported {
  readonly target: string;
  readonly format: Format;
  readonly shellId: string;
  readonly rows: number;
  /** Rows whose values are not told, because they are sensitive. */
  readonly withheld: number;
  readonly body: string | Uint8Array;
}

/** One line of the history, as an export has it. Times in nanoseconds. */
export interface HistoryLine {
  readonly ts_ns: number;
  readonly exit_code: number | null;
  readonly duration_ns: number | null;
  readonly cwd: string | null;
  readonly line: string;
}

/** What other parts of the daemon have to export. */
export interface Providers {
  /** The newest lines, the newest first. `filter`: words of a search. `since` in milliseconds. */
  readonly history: (limit: number, filter: string | undefined, since: number | undefined) => Promise<readonly HistoryLine[]>;
  readonly shells: () => Table;
}

/** Renders what zd knows for people, programs and shells. What it throws is a `ZdError`. */
export interface ExportService {
  render(request: ExportRequest): Promise<Exported>;
}

/** Everything zd keeps, as one archive. */
export interface ArchiveService {
  /** A backup as it is made: a ustar archive, compressed with zstd. */
  stream(withKeys: boolean): AsyncGenerator<Uint8Array>;
  /** The same to a file that is not there yet; throws `create_failed`. */
  write(out: string, withKeys: boolean): Promise<{ readonly file: string; readonly members: readonly string[]; readonly bytes: number }>;
  /** Unpacks and checks an archive; the next start of the daemon puts it in place. Throws `no_such_file`, `read_failed`, `bad_archive`, `integrity_check_failed`. */
  stage(path: string): Promise<readonly { readonly name: string; readonly bytes: number }[]>;
}

/** The catalogue of definitions as a file of its own. What these throw is a `ZdError`. */
export interface CatalogService {
  /** `create_failed` */
  write(path: string): Promise<{ readonly path: string; readonly rows: number }>;
  /** `conflict` without `force` where there are definitions, `no_such_file`, `bad_catalog`, `integrity_check_failed`, `quota_exceeded` */
  take(
    path: string,
    force: boolean,
  ): Promise<{ readonly from: string; readonly backup: string | null; readonly rows: number; readonly tables: number }>;
}

declare module '../../kernel/context' {
  interface Services {
    readonly exports: ExportService;
    readonly archives: ArchiveService;
    readonly catalogs: CatalogService;
  }
}
