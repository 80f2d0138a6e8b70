import type { Database as Sqlite } from 'bun:sqlite';
import { existsSync } from 'node:fs';

export interface Migration {
  /** From 1, without holes. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

interface Applied {
  version: number;
  checksum: string;
}

const checksum = (sql: string): string => new Bun.CryptoHasher('sha256').update(sql).digest('hex');

/**
 * Brings a database to the newest version in one transaction, after a backup beside it (`FILE.before-vN`).
 * A file that is newer than this binary, or whose applied migrations differ from ours, is refused: guessing would lose data.
 */
export function migrate(db: Sqlite, path: string, migrations: readonly Migration[]): void {
  db.run(
    'CREATE TABLE IF NOT EXISTS schema_migration (version INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT',
  );
  const applied = db.query('SELECT version, checksum FROM schema_migration ORDER BY version').all() as Applied[];
  const newest = migrations.at(-1)?.version ?? 0;
  const current = applied.at(-1)?.version ?? 0;
  if (current > newest) {
    throw new Error(
      `${path} was written by a newer zd (schema ${current}, this one knows ${newest}). Install that version again, or start with another ZD_HOME.`,
    );
  }
  for (const [at, row] of applied.entries()) {
    if (checksum(migrations[at]!.sql) !== row.checksum)
      throw new Error(`${path}: migration ${row.version} differs from the one this zd brings; the file belongs to another build.`);
  }
  if (current === newest) return;
  if (current > 0) backup(db, `${path}.before-v${newest}`);
  db.transaction(() => {
    for (const migration of migrations.slice(applied.length)) {
      db.run(migration.sql);
      db.query('INSERT INTO schema_migration VALUES (?, ?, ?, ?)').run(migration.version, migration.name, checksum(migration.sql), Date.now());
    }
  }).immediate();
}

function backup(db: Sqlite, to: string): void {
  if (!existsSync(to)) db.query('VACUUM INTO ?').run(to);
}
