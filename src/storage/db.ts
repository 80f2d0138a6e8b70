import { Database as Sqlite } from 'bun:sqlite';
import { existsSync } from 'node:fs';
import { ZdError } from '../kernel/error';
import { failpoint, failpointsSet } from '../kernel/failpoint';
import { createDatabase } from './create';
import { codeOf, isMediumFault, storageError } from './fault';
import { migrate, type Migration } from './migrate';
import { Statement } from './statement';
import { padTornFile } from './torn';
import { WalSync } from './wal_sync';

/** `full` survives a crash of the machine, `normal` a crash of the process. */
export type Durability = 'full' | 'normal';

export interface DbOptions {
  readonly migrations: readonly Migration[];
  /** What a write gets when it does not say. */
  readonly durability: Durability;
  /** Whether a new file is made so that free pages can be given back to the file system. */
  readonly reclaims?: boolean;
  /** Upper bound of the file in bytes; 0 for none. */
  readonly maxBytes?: number;
}

interface Pending {
  work: () => unknown;
  durability: Durability;
  /** What may begin before the disk has it. */
  committed: ((value: never) => void) | undefined;
  resolve: (value: never) => void;
  reject: (error: unknown) => void;
}

/** A sync in the same turn is quicker for one that stands alone; for more of them the event loop is worth more. */
const ALONE = 2;

/**
 * One SQLite file with one writer. All writes of an event-loop turn share one transaction (group commit): a promise
 * returned by `write` resolves only after that transaction is committed, and with `full` on the disk, so nothing is acknowledged early.
 */
export class Db {
  readonly sqlite: Sqlite;
  private pending: Pending[] = [];
  private readonly sync: WalSync;
  private scheduled = false;
  private readonly listeners = { beforeCommit: [] as (() => void)[], commit: [] as (() => void)[], rollback: [] as (() => void)[] };
  private readonly statements: Statement[] = [];
  private readonly begin: Statement;
  private readonly commit: Statement;
  private closed = false;
  private broken: string | null = null;

  constructor(
    readonly path: string,
    private readonly options: DbOptions,
  ) {
    if (existsSync(path)) padTornFile(path);
    else createDatabase(path, options.migrations, options.reclaims ?? false);
    this.sqlite = new Sqlite(path, { create: true, readwrite: true, strict: true });
    this.sqlite.run('PRAGMA busy_timeout = 5000');
    // Nobody but the daemon opens its files, and a read need not take and drop file locks then: it costs half.
    this.sqlite.run('PRAGMA locking_mode = EXCLUSIVE');
    this.sqlite.run('PRAGMA journal_mode = WAL');
    this.sqlite.run('PRAGMA foreign_keys = ON');
    // Four times the default: a page that is written again and again goes into the file less often.
    this.sqlite.run('PRAGMA wal_autocheckpoint = 4000');
    this.sqlite.run('PRAGMA temp_store = MEMORY');
    // Commits go into the log, and `sync` brings the log to the disk. The first one takes along whatever lies before it, migrations too.
    this.sqlite.run('PRAGMA synchronous = NORMAL');
    this.sync = new WalSync(path);
    this.begin = this.prepare('BEGIN IMMEDIATE');
    this.commit = this.prepare('COMMIT');
    migrate(this.sqlite, path, options.migrations);
    if (options.maxBytes) {
      const page = (this.sqlite.query('PRAGMA page_size').get() as { page_size: number }).page_size;
      this.sqlite.run(`PRAGMA max_page_count = ${Math.max(1, Math.floor(options.maxBytes / page))}`);
    }
  }

  /** A statement that lives as long as the process. Keep it in a field; do not prepare per call. */
  prepare<Row>(sql: string): Statement<Row> {
    const statement = new Statement<Row>(this.sqlite, sql);
    this.statements.push(statement);
    return statement;
  }

  /**
   * Runs `work` inside this turn's transaction and resolves with its value once committed. `work` is synchronous, changes
   * nothing but this database and may run twice: when one member of a group throws, the group is rolled back and each
   * member runs again in a transaction of its own, so only the one at fault fails. A `SyncFault` says that it was committed all the same.
   * `committed` is called when a crash of the process cannot take it back any more, in the order of the writes and before the disk has it; it must
   * not throw.
   */
  write<T>(work: () => T, durability: Durability = this.options.durability, committed?: (value: T) => void): Promise<T> {
    if (this.closed) return Promise.reject(new ZdError('shutting_down'));
    return new Promise<T>((resolve, reject) => {
      this.pending.push({ work, durability, committed, resolve, reject });
      // While a sync is under way more may come that the next one can be for.
      if (durability === 'normal' || !this.sync.busy) this.schedule();
    });
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.flush);
  }

  /** Called after every commit, before the writers' promises resolve. */
  onCommit(listener: () => void): void {
    this.listeners.commit.push(listener);
  }

  /** Called inside every transaction when its work is done: sums that belong to it are written once, not per change. */
  beforeCommit(listener: () => void): void {
    this.listeners.beforeCommit.push(listener);
  }

  /** Called when a transaction was taken back, so what was noted of it in memory is forgotten before its members run again. */
  onRollback(listener: () => void): void {
    this.listeners.rollback.push(listener);
  }

  /** Commits what is queued now. */
  readonly flush = (): void => {
    this.scheduled = false;
    const group = this.pending;
    if (group.length === 0) return;
    this.pending = [];
    const full = group.some(({ durability }) => durability === 'full');
    const atOnce = full && group.length <= ALONE && !this.sync.busy;
    let values: unknown[];
    try {
      values = this.transaction(() => group.map((item) => item.work()));
    } catch (error) {
      if (group.length === 1) group[0]!.reject(this.failed(error));
      else for (const item of group) this.alone(item);
      return;
    }
    this.committed();
    group.forEach((item, at) => item.committed?.(values[at] as never));
    if (atOnce) return this.synced(group, values, this.sync.now());
    group.forEach((item, at) => item.durability === 'normal' && item.resolve(values[at] as never));
    if (!full) return;
    this.sync.after((fault) => {
      this.synced(
        group.filter((item) => item.durability === 'full'),
        values.filter((_, at) => group[at]!.durability === 'full'),
        fault,
      );
      if (this.pending.length > 0) this.schedule();
    });
  };

  /** Tells who wrote what became of it. */
  private synced(group: readonly Pending[], values: readonly unknown[], fault: Error | null): void {
    const told = fault && new SyncFault(fault);
    if (told) this.broken = told.message;
    group.forEach((item, at) => (told ? item.reject(told) : item.resolve(values[at] as never)));
  }

  private alone(item: Pending): void {
    try {
      const values = this.transaction(() => [item.work()]);
      this.committed();
      item.committed?.(values[0] as never);
      this.synced([item], values, item.durability === 'full' ? this.sync.now() : null);
    } catch (error) {
      item.reject(this.failed(error));
    }
  }

  private transaction(run: () => unknown[]): unknown[] {
    this.begin.run();
    const before = failpointsSet() ? this.changes() : 0;
    try {
      const values = run();
      for (const listener of this.listeners.beforeCommit) listener();
      // A round of upkeep that found nothing to do is no commit a test could mean.
      const changed = failpointsSet() && this.changes() > before;
      failpoint('storage.before_commit', changed);
      this.commit.run();
      failpoint('storage.after_commit', changed);
      return values;
    } catch (error) {
      if (this.sqlite.inTransaction) this.sqlite.run('ROLLBACK');
      for (const listener of this.listeners.rollback) listener();
      throw error;
    }
  }

  /** Rows changed since the file was opened. */
  private changes(): number {
    return (this.sqlite.query('SELECT total_changes() AS rows').get() as { rows: number }).rows;
  }

  private committed(): void {
    this.broken = null;
    for (const listener of this.listeners.commit) listener();
  }

  private failed(error: unknown): unknown {
    const told = storageError(error);
    if (told instanceof ZdError && isMediumFault(error)) this.broken = told.message;
    return told;
  }

  /** Why the newest write failed, when the disk or the file was at fault; null again after one that was committed. */
  get trouble(): string | null {
    return this.broken;
  }

  /** Bytes of the database as pages in use; cheap. */
  size(): number {
    const { bytes } = this.sqlite.query('SELECT page_count * page_size AS bytes FROM pragma_page_count, pragma_page_size').get() as { bytes: number };
    return bytes;
  }

  /** Commits what is queued, moves the log into the file and closes. Later writes are refused. */
  close(): void {
    if (this.closed) return;
    this.flush();
    this.closed = true;
    this.sync.close();
    try {
      this.sqlite.run('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // On a full disk what is committed stays in the log, and the next start reads it there.
    }
    for (const statement of this.statements) statement.finalize();
    this.sqlite.close();
  }
}

/** A write is committed and every reader sees it, but the disk did not take it: a crash of the machine may take it back. */
export class SyncFault extends ZdError {
  constructor(cause: Error) {
    const code = codeOf(cause);
    const full = code === 'ENOSPC' || code === 'EDQUOT';
    super(full ? 'storage_full' : 'storage', full ? undefined : `The disk did not take a commit: ${code || cause.message}.`, { cause });
  }
}
