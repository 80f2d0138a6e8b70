import type { Db } from '../../storage/db';

/** Settings of the cache's file that a migration cannot make; to be called before statements are prepared. */
export function prepareFile(db: Db): void {
  reclaimPages(db);
  tune(db);
}

/**
 * Lets the sweep give free pages back to the file system, also in a file that was not made for it. SQLite takes this setting later only with a
 * rebuild, which is left out when the file is not small.
 */
function reclaimPages(db: Db): void {
  const { auto_vacuum: mode } = db.sqlite.query('PRAGMA auto_vacuum').get() as { auto_vacuum: number };
  if (mode === 2 || db.size() >= 1 << 20) return;
  db.sqlite.run('PRAGMA auto_vacuum = INCREMENTAL');
  db.sqlite.run('VACUUM');
}

/** The hot upper pages of 100 000 small entries in memory (8 MiB). */
function tune(db: Db): void {
  db.sqlite.run('PRAGMA cache_size = -8192');
}
