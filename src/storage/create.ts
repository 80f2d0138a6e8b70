import { Database as Sqlite } from 'bun:sqlite';
import { closeSync, fsyncSync, openSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes an empty database with a write-ahead log. SQLite by itself would wait for the disk six times, to protect a file in which nothing is yet; here it
 * is waited for twice, when the file is whole and stands in its folder: without them a crash of the machine could leave a log beside an empty
 * file, and SQLite throws such a log away.
 */
export function createDatabase(path: string): void {
  const sqlite = new Sqlite(path, { create: true, readwrite: true });
  try {
    sqlite.run('PRAGMA synchronous = OFF');
    sqlite.run('PRAGMA journal_mode = WAL');
  } finally {
    // Closed before another descriptor of the file is: that would take its locks along.
    sqlite.close();
  }
  for (const each of [path, dirname(path)]) {
    const fd = openSync(each, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
