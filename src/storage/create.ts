import { Database as Sqlite } from 'bun:sqlite';
import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { syncNow } from './durable_file';
import { migrate, type Migration } from './migrate';

/**
 * Makes a database with its tables and a write-ahead log, whole or not at all: under another name, without a journal, and then under its own. In
 * a file in which nothing is yet SQLite would protect each step, in a log and with the disk; here the disk is waited for twice, when the file is whole
 * and when it stands in its folder. One that `reclaims` can give free pages back to the file system.
 */
export function createDatabase(path: string, migrations: readonly Migration[], reclaims: boolean): void {
  const unfinished = `${path}.new`;
  rmSync(unfinished, { force: true });
  const sqlite = new Sqlite(unfinished, { create: true, readwrite: true, strict: true });
  try {
    for (const pragma of ['synchronous = OFF', 'journal_mode = OFF', 'temp_store = MEMORY', ...(reclaims ? ['auto_vacuum = INCREMENTAL'] : [])])
      sqlite.run(`PRAGMA ${pragma}`);
    migrate(sqlite, path, migrations);
    sqlite.run('PRAGMA journal_mode = WAL');
  } finally {
    sqlite.close();
  }
  syncNow(unfinished);
  renameSync(unfinished, path);
  syncNow(dirname(path));
}
